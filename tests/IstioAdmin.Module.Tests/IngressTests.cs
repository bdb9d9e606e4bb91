using System.Management.Automation;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Module.Tests;

/// <summary>Get- and Show-IstioIngress as an administrator types them.</summary>
public sealed class IngressTests : ModuleTest, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;
    private FakeIngress _fake = null!;
    private RequestDelegate _answer = FakeIngress.AnswerAsync;

    private string Kubeconfig => Path.Combine(_folder, "config");

    public async ValueTask InitializeAsync()
    {
        _fake = await FakeIngress.StartAsync(context => _answer(context));
        _fake.PutBanzai(port: _fake.Port);
        _fake.PutGateway(_fake.Port);
        _fake.PutRoutes();
        Shell.Run("Connect-MeshCluster -Kubeconfig $args[0]", _fake.Cluster.WriteKubeconfig(Kubeconfig)).ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _fake.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("Get-IstioIngress")]
    [InlineData("Get-IstioIngress istio-*gateway -Namespace istio-system")]
    [InlineData("Get-IstioIngress -Cluster fake")]
    [InlineData("Get-MeshCluster | Get-IstioIngress")]
    [InlineData("Get-IstioIngress | Get-IstioIngress")]
    public void Gateways_are_found_in_every_way_to_ask(string command) =>
        Assert.Equal("istio-ingressgateway", Assert.Single(Shell.Run(command).ThrowIfFailed().Output).Properties["Name"].Value);

    [Fact]
    public void A_name_that_is_none_is_an_error_and_a_pattern_is_not()
    {
        ErrorRecord error = Assert.Single(Shell.Run("Get-IstioIngress nothing").Errors);

        Assert.Equal("IngressNotFound,IstioAdmin.Commands.GetIstioIngressCommand", error.FullyQualifiedErrorId);
        Assert.Empty(Shell.Run("Get-IstioIngress nothing*").ThrowIfFailed().Output);
    }

    [Theory]
    [InlineData("Show-IstioIngress -NoBrowser")]
    [InlineData("Get-IstioIngress | Show-IstioIngress -NoBrowser")]
    [InlineData("Show-IstioIngress istio-ingressgateway -Namespace istio-system -Path productpage -NoBrowser")]
    public void The_page_comes_with_what_it_tells(string command)
    {
        PSObject page = Assert.Single(Shell.Run(command).ThrowIfFailed().Output);

        Assert.Equal((200, "Simple Bookstore App", "LoadBalancer"), (page.Properties["StatusCode"].Value, page.Properties["Title"].Value, page.Properties["Via"].Value.ToString()));
        Assert.Equal("productpage, details, reviews v3, ratings", string.Join(", ", (IEnumerable<object>)page.Properties["Services"].Value));
    }

    [Fact]
    public void Through_the_API_server_it_ends_by_itself_when_nobody_looks()
    {
        PSObject page = Assert.Single(Shell.Run("Show-IstioIngress -PortForward -NoBrowser").ThrowIfFailed().Output);

        Assert.Equal("PortForward", page.Properties["Via"].Value.ToString());
        Assert.Contains(_fake.Cluster.Requests, request => request.Contains("/pods/istio-ingressgateway-6f-1/portforward", StringComparison.Ordinal));
    }

    [Fact]
    public void A_forwarded_port_is_served_until_the_command_is_stopped()
    {
        // What comes after it in the pipeline fetches the page a second time, and then has enough.
        ScriptResult result = Shell.Run("""
            do {
                Show-IstioIngress -KeepForwarding -NoBrowser -WarningAction SilentlyContinue |
                    ForEach-Object { $_.Url.IsLoopback; [System.Net.Http.HttpClient]::new().GetStringAsync($_.Url).Result; break }
            } while ($false)
            """).ThrowIfFailed();

        Assert.Equal([true, FakeIngress.ProductPage], result.Output.Select(item => item.BaseObject));
    }

    [Fact]
    public void A_path_without_a_route_is_an_error_with_the_page_as_its_target()
    {
        ErrorRecord error = Assert.Single(Shell.Run("Show-IstioIngress -Path /nothing -NoBrowser").Errors);

        Assert.Equal("IngressRouteNotFound,IstioAdmin.Commands.ShowIstioIngressCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Contains("/productpage -> productpage.demo:9080", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("-Path", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gateway_that_has_gone_since_it_was_got_is_an_error()
    {
        Shell.Run("$global:ingress = Get-IstioIngress").ThrowIfFailed();
        _fake.Cluster.Drop("/api/v1/namespaces/istio-system/services/istio-ingressgateway");

        Assert.StartsWith("IngressNotFound,", Assert.Single(Shell.Run("$ingress | Show-IstioIngress -NoBrowser").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        ErrorRecord none = Assert.Single(Shell.Run("Show-IstioIngress -NoBrowser").Errors);
        Assert.Contains("Set-IstioMesh -IngressType", none.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_gateways_the_one_that_leads_somewhere_is_meant()
    {
        _fake.PutService("edge", "second", "ClusterIP", """{"gateway-type":"ingress"}""", 80, null, null);
        Assert.Equal(200, Assert.Single(Shell.Run("Show-IstioIngress -NoBrowser").ThrowIfFailed().Output).Properties["StatusCode"].Value);

        _fake.PutService("edge", "third", "ClusterIP", """{"istio":"ingressgateway"}""", 80, null, null);
        ErrorRecord error = Assert.Single(Shell.Run("Show-IstioIngress -NoBrowser").Errors);

        Assert.StartsWith("IngressAmbiguous,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("edge/third", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_complete() => Assert.Equal(["istio-ingressgateway"], Shell.Complete("Show-IstioIngress ist"));

    [Theory]
    [InlineData("Get-IstioIngress", "pending: the load balancer")]
    [InlineData("(Get-IstioIngress).Routes", "productpage.demo:9080")]
    [InlineData("Show-IstioIngress -NoBrowser", "productpage, details, reviews v3, ratings")]
    public async Task What_they_return_prints_within_120_columns(string command, string shown)
    {
        _fake.PutService("edge", "second", "LoadBalancer", """{"gateway-type":"ingress"}""", 80, null, null);
        _fake.PutPod("edge", "second-1", """{"gateway-type":"ingress"}""");

        ConsoleRun run = await ConsoleRun.CommandAsync($"Connect-MeshCluster -Kubeconfig '{Kubeconfig}' | Out-Null; {command}");

        Assert.Contains(run.OutputLines, line => line.Contains(shown, StringComparison.Ordinal));
        Assert.All(run.OutputLines, line => Assert.InRange(line.Length, 0, 120));
    }
}
