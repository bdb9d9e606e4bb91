using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IstioAdmin.Testing;
using IstioAdmin.Testing.Pipeline;

namespace IstioAdmin.Module.Tests.Pke;

/// <summary>Logging in to Pipeline.</summary>
public sealed class ConnectPipelineTests : PkeTest
{
    [Fact]
    public void A_connection_tells_where_it_leads_and_not_its_token()
    {
        ScriptResult result = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] 'other team' -Name mine -Verbose", Server.Uri.ToString(), Token);
        PSObject pipeline = Assert.Single(result.ThrowIfFailed().Output);
        Assert.Equal("mine", pipeline.Properties["Name"].Value);
        Assert.Equal("other team", pipeline.Properties["Organization"].Value);
        Assert.Equal("0.80.0", pipeline.Properties["Version"].Value);
        Assert.True((bool)pipeline.Properties["IsCurrent"].Value);
        AssertNoToken(result);
        Assert.DoesNotContain(Server.Token, pipeline.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_connections_stand_side_by_side()
    {
        Shell.Run("Connect-Pipeline $args[0] -Token $args[1] 'other team' -Name second", Server.Uri.ToString(), Token).ThrowIfFailed();
        Server.AddCluster("mine");
        Assert.Empty(Shell.Run("Get-PkeCluster").ThrowIfFailed().Output);
        Assert.Single(Shell.Run("Get-PkeCluster -Pipeline team@*").ThrowIfFailed().Output);
        Shell.Run("Get-Pipeline team@* | Connect-Pipeline").ThrowIfFailed();
        Assert.Single(Shell.Run("Get-PkeCluster").ThrowIfFailed().Output);
        Shell.Run("Disconnect-Pipeline").ThrowIfFailed();
        Assert.Equal("second", Assert.Single(Shell.Run("Get-Pipeline -Current").ThrowIfFailed().Output).ToString());
        Shell.Run("Disconnect-Pipeline second").ThrowIfFailed();
        Assert.Equal("PipelineNotConnected,IstioAdmin.Commands.GetPkeClusterCommand", Shell.Run("Get-PkeCluster").TerminatingError!.FullyQualifiedErrorId);
    }

    [Fact]
    public void Without_an_organization_the_error_names_those_there_are()
    {
        ScriptResult result = Shell.Run("Connect-Pipeline $args[0] -Token $args[1]", Server.Uri.ToString(), Token);
        Assert.Equal("OrganizationNeeded,IstioAdmin.Commands.ConnectPipelineCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains("team, other team", result.Terminating!.Message, StringComparison.Ordinal);
        ScriptResult wrong = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] nobody", Server.Uri.ToString(), Token);
        Assert.StartsWith("OrganizationNotFound,", wrong.TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_token_is_an_authentication_error_that_does_not_repeat_it()
    {
        ScriptResult result = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team -Verbose", Server.Uri.ToString(), Secure("wrong-" + Server.Token));
        Assert.Equal("PipelineUnauthenticated,IstioAdmin.Commands.ConnectPipelineCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.AuthenticationError, result.TerminatingError.CategoryInfo.Category);
        Assert.Contains("Connect-Pipeline", result.TerminatingError.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        AssertNoToken(result);
    }

    [Fact]
    public void A_server_whose_clock_differs_is_told_with_the_refusal()
    {
        Server.ClockSkew = TimeSpan.FromHours(1);
        ScriptResult result = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team", Server.Uri.ToString(), Secure("wrong"));
        Assert.Contains("the server's clock is 60 minutes ahead of this machine's", result.Terminating!.Message, StringComparison.Ordinal);
        // And nothing else depends on it.
        Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team", Server.Uri.ToString(), Token).ThrowIfFailed();
    }

    [Theory]
    [InlineData("ftp://pipeline.example.org", "PipelineEndpointInvalid")]
    [InlineData("pipeline.example.org", "PipelineEndpointInvalid")]
    [InlineData("https://user:pw@pipeline.example.org", "PipelineEndpointInvalid")]
    [InlineData("http://localhost:1/pipeline", "PipelineUnreachable")]
    public void An_endpoint_that_cannot_be_is_named(string endpoint, string id)
    {
        ScriptResult result = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team", endpoint, Token);
        Assert.Equal($"{id},IstioAdmin.Commands.ConnectPipelineCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.DoesNotContain("pw@", result.Terminating!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Something_else_at_the_endpoint_is_not_taken_for_Pipeline()
    {
        ExpectsUnknownCalls = true;
        await using FakeApiServer other = await FakeApiServer.StartAsync(async http =>
        {
            http.Response.ContentType = "text/html";
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(http.Response, "<!DOCTYPE html><title>Log in</title>", Cancel);
        });
        ScriptResult page = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team", other.Uri.ToString(), Token);
        Assert.StartsWith("PipelineAnswerIsHtml,", page.TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Log in", page.Terminating!.Message, StringComparison.Ordinal);
        ScriptResult root = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team", new Uri(Server.Uri, "/").ToString(), Token);
        Assert.StartsWith("NotPipeline,", root.TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("/pipeline", root.TerminatingError!.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_comes_too_slowly_is_not_waited_for()
    {
        Server.Break("GET /api/v1/orgs", PipelineFault.SlowBody(TimeSpan.FromSeconds(30)));
        ScriptResult result = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team -Timeout 1", Server.Uri.ToString(), Token);
        Assert.Equal("PipelineTimedOut,IstioAdmin.Commands.ConnectPipelineCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.OperationTimeout, result.TerminatingError.CategoryInfo.Category);
    }

    [Fact]
    public async Task A_certificate_that_nobody_knows_needs_its_authority()
    {
        await using PipelineServer secure = await PipelineServer.StartAsync(tls: true);
        ScriptResult refused = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team", secure.Uri.ToString(), Secure(secure.Token));
        Assert.Equal("PipelineUntrusted,IstioAdmin.Commands.ConnectPipelineCommand", refused.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains("-CertificateAuthority", refused.TerminatingError!.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        string file = Path.GetTempFileName();
        try
        {
            using (X509Certificate2 stranger = TestCertificates.ForLoopback())
                await File.WriteAllTextAsync(file, stranger.ExportCertificatePem(), Cancel);
            ScriptResult other = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team -CertificateAuthority $args[2]", secure.Uri.ToString(), Secure(secure.Token), file);
            Assert.StartsWith("PipelineUntrusted,", other.TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Contains("did not issue it", other.TerminatingError.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, secure.CertificateAuthority, Cancel);
            Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team -CertificateAuthority $args[2]", secure.Uri.ToString(), Secure(secure.Token), file).ThrowIfFailed();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Banzais_own_configuration_serves_and_its_token_goes_nowhere_else()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $"organization:\n  id: 2\npipeline:\n  basepath: {Server.Uri}\n  token: {Server.Token}\n");
            PSObject pipeline = Assert.Single(Shell.Run("Connect-Pipeline -Configuration $args[0]", file).ThrowIfFailed().Output);
            Assert.Equal("other team", pipeline.Properties["Organization"].Value);
            ScriptResult elsewhere = Shell.Run("Connect-Pipeline https://127.0.0.1:1/pipeline -Configuration $args[0]", file);
            Assert.Equal("PipelineTokenMissing,IstioAdmin.Commands.ConnectPipelineCommand", elsewhere.TerminatingError!.FullyQualifiedErrorId);
            Assert.Contains("is for another endpoint", elsewhere.Terminating!.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
    [Fact]
    public async Task A_server_that_expects_https_on_the_port_is_told_as_a_possibility()
    {
        await using PipelineServer secure = await PipelineServer.StartAsync(tls: true);
        ScriptResult result = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team", secure.Uri.ToString().Replace("https", "http", StringComparison.Ordinal), Secure(secure.Token));
        Assert.Equal("PipelineConnectionLost,IstioAdmin.Commands.ConnectPipelineCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains("a server that expects https:// does that", result.Terminating!.Message, StringComparison.Ordinal);
        Assert.StartsWith("Run the command again", result.TerminatingError.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void An_authority_for_a_connection_without_certificates_is_a_warning()
    {
        ScriptResult result = Shell.Run("Connect-Pipeline $args[0] -Token $args[1] team -CertificateAuthority $args[2]", Server.Uri.ToString(), Token, ModuleRunspace.Manifest);
        Assert.Contains("-CertificateAuthority does nothing", Assert.Single(result.ThrowIfFailed().Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_certificate_that_banzai_remembers_by_its_fingerprint_is_the_only_one_that_is_trusted()
    {
        await using PipelineServer secure = await PipelineServer.StartAsync(tls: true);
        using X509Certificate2 shown = X509Certificate2.CreateFromPem(secure.CertificateAuthority), other = TestCertificates.ForLoopback();
        Assert.Equal(["team"], Connect(Fingerprint(shown)).ThrowIfFailed().Output.Select(pipeline => pipeline.Properties["Organization"].Value));
        Assert.Single(Connect(shown.GetCertHashString(HashAlgorithmName.SHA256)).ThrowIfFailed().Output);

        ScriptResult refused = Connect(Fingerprint(other));
        Assert.Equal("PipelineUntrusted,IstioAdmin.Commands.ConnectPipelineCommand", refused.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains("not the one whose fingerprint was remembered", refused.Terminating!.Message, StringComparison.Ordinal);
        Assert.Contains("tls-fingerprint", refused.TerminatingError.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        // The token goes nowhere before the server is known.
        Assert.Equal(2, secure.Called.Count(call => call == "ListOrgs"));

        foreach (string wrong in new[] { "ab:cd", "not hexadecimal" })
            Assert.StartsWith("CertificateFingerprintInvalid,", Connect(wrong).TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);

        ScriptResult Connect(string fingerprint)
        {
            string file = Path.GetTempFileName();
            try
            {
                File.WriteAllText(file, $"organization:\n  id: 1\npipeline:\n  basepath: {secure.Uri}\n  token: {secure.Token}\n  tls-fingerprint: \"{fingerprint}\"\n");
                return Shell.Run("Connect-Pipeline -Configuration $args[0]", file);
            }
            finally
            {
                File.Delete(file);
            }
        }
    }

    [Fact]
    public void Organizations_are_completed_with_the_token_of_the_line_of_the_environment_and_of_banzai()
    {
        string file = Path.GetTempFileName();
        try
        {
            Shell.Run("$global:token = $args[0]", Token).ThrowIfFailed();
            Assert.Equal(["'other team'", "team"], Shell.Complete($"Connect-Pipeline {Server.Uri} -Token $token -Organization "));
            Assert.Equal(["'other team'"], Shell.Complete($"Connect-Pipeline {Server.Uri} -Token $token -Organization o"));
            File.WriteAllText(file, $"pipeline:\n  basepath: {Server.Uri}\n  token: {Server.Token}\n");
            Assert.Equal(["team"], Shell.Complete($"Connect-Pipeline -Configuration {file} -Organization t"));
            Environment.SetEnvironmentVariable("PIPELINE_TOKEN", Server.Token);
            Assert.Equal(["team"], Shell.Complete($"Connect-Pipeline {Server.Uri} -Organization te"));
            // A half-typed command has no place for an error.
            Environment.SetEnvironmentVariable("PIPELINE_TOKEN", "wrong");
            Assert.Empty(Shell.Complete($"Connect-Pipeline {Server.Uri} -Organization te"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PIPELINE_TOKEN", null);
            File.Delete(file);
        }
    }

    private static string Fingerprint(X509Certificate2 certificate) => string.Join(':', certificate.GetCertHash(HashAlgorithmName.SHA256).Select(part => $"{part:X2}"));
}
