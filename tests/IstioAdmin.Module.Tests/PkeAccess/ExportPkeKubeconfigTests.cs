using System.Management.Automation;
using IstioAdmin.Testing;
using IstioAdmin.Testing.Pipeline;

namespace IstioAdmin.Module.Tests.PkeAccess;

/// <summary>Export-PkeKubeconfig as an administrator types it.</summary>
public sealed class ExportPkeKubeconfigTests : AccessTest
{
    private const string Theirs = "# mine\napiVersion: v1\nkind: Config\nclusters:\n- name: prod # do not touch\n  cluster: {server: https://prod}\ncontexts: []\nusers: []\ncurrent-context: prod\n";

    [Fact]
    public void A_new_file_is_for_its_owner_only_and_leads_to_the_cluster()
    {
        PSObject written = Assert.Single(Export("").ThrowIfFailed().Output);

        Assert.Equal(("demo", "demo-admin@demo", true, true), (Of(written, "Name"), Of(written, "Context"), Of(written, "IsCurrent"), Of(written, "Changed")));
        string text = File.ReadAllText(Config);
        Assert.Contains("client.authentication.k8s.io/v1beta1", text, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Config));
        Assert.Equal([Config], Directory.GetFiles(Folder));
    }

    [Fact]
    public void Beside_others_twice_and_the_second_time_changes_nothing()
    {
        File.WriteAllText(Config, Theirs);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Config, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        Assert.Equal(false, Of(Assert.Single(Export("").ThrowIfFailed().Output), "IsCurrent"));
        string once = File.ReadAllText(Config);
        Assert.StartsWith("# mine\napiVersion: v1\nkind: Config\nclusters:\n- name: prod # do not touch\n", once, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Config));

        Assert.Equal(false, Of(Assert.Single(Export("").ThrowIfFailed().Output), "Changed"));
        Assert.Equal(once, File.ReadAllText(Config));
        Assert.Equal(true, Of(Assert.Single(Export("-SetCurrent").ThrowIfFailed().Output), "IsCurrent"));
    }

    [Fact]
    public void A_name_that_another_cluster_has_is_an_error_that_changes_nothing()
    {
        string before = Theirs.Replace("prod", "demo", StringComparison.Ordinal);
        File.WriteAllText(Config, before);

        ErrorRecord error = Assert.Single(Export("").Errors);

        Assert.StartsWith("KubeconfigEntryExists,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("https://demo", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Config));
        Assert.Equal("mine", Of(Assert.Single(Export("-ContextName mine").ThrowIfFailed().Output), "Context"));
        Export("-Force").ThrowIfFailed();
    }

    [Fact]
    public void WhatIf_fetches_and_writes_nothing()
    {
        Export("-WhatIf").ThrowIfFailed();

        Assert.False(File.Exists(Config));
        Assert.DoesNotContain("GetClusterConfig", Server.Called);
    }

    [Fact]
    public void Oidc_where_the_cluster_has_it_and_an_error_where_not()
    {
        Assert.StartsWith("PkeOidcNotEnabled,", Assert.Single(Export("-OidcConfig").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);

        Server.Cluster("demo").OidcKubeconfig = Server.Cluster("demo").Kubeconfig.Replace("demo-admin", "ada", StringComparison.Ordinal);

        Assert.Equal("ada@demo", Of(Assert.Single(Export("-OidcConfig").ThrowIfFailed().Output), "Context"));
        Assert.Contains("GetOIDCClusterConfig", Server.Called);
    }

    [Fact]
    public void A_cluster_that_is_too_young_has_no_kubeconfig_yet()
    {
        Server.Cluster("demo").HasConfig = false;
        Assert.StartsWith("PkeClusterNotReady,", Assert.Single(Export("").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.False(File.Exists(Config));
    }

    [Fact]
    public void What_the_server_breaks_off_is_not_written()
    {
        File.WriteAllText(Config, Theirs);
        Server.Cluster("demo").Kubeconfig = "apiVersion: v1\nclusters:\n- name: [";
        Assert.StartsWith("YamlInvalid,", Assert.Single(Export("").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(Theirs, File.ReadAllText(Config));
    }

    [Fact]
    public void What_stands_in_a_kubeconfig_is_in_no_error()
    {
        // As a proxy does that unpacks what it thinks is a file.
        Server.Break("GET .*/config$", PipelineFault.Answer(200, "apiVersion: v1\nusers: [{name: me, user: {token: s3cr3t-t0ken}}]"), times: 10);
        ErrorRecord error = Assert.Single(Export("-Verbose").Errors);
        Assert.StartsWith("PipelineAnswerInvalid,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t-t0ken", error.Exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_clusters_into_one_file_and_on_to_a_connection()
    {
        Server.AddCluster("demo-2");
        ScriptResult result = Shell.Run("Get-PkeCluster demo* | Export-PkeKubeconfig -Path $args[0]", Config).ThrowIfFailed();
        Assert.Equal(["demo-admin@demo", "demo-2-admin@demo-2"], result.Output.Select(o => Of(o, "Context")));
        Assert.All(result.Output, o => Assert.Equal(Config, Of(o, "Kubeconfig")));
    }

    [Fact]
    public void A_link_stays_a_link_and_a_lock_of_kubectl_is_respected()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        string real = Path.Combine(Folder, "real");
        File.WriteAllText(real, Theirs);
        File.CreateSymbolicLink(Config, real);
        Export("").ThrowIfFailed();
        Assert.Equal(real, new FileInfo(Config).LinkTarget);
        Assert.Contains("192.0.2.10", File.ReadAllText(real), StringComparison.Ordinal);

        File.WriteAllText(real + ".lock", "");
        string before = File.ReadAllText(real);
        Assert.StartsWith("KubeconfigLocked,", Assert.Single(Export("-ContextName other").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(real));
    }

    private ScriptResult Export(string more) => Shell.Run($"Export-PkeKubeconfig demo -Path $args[0] {more}", Config);
}
