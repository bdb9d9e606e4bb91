using System.Management.Automation;
using System.Net.Sockets;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests.Pke;

/// <summary>The beginning of the tour: a sandbox's Pipeline creates a cluster, which is another sandbox.</summary>
public sealed class SandboxPipelineTests : ModuleTest, IAsyncLifetime
{
    private const string Pools = """
        $pools = (New-PkeNodePool -Name master -Role master -InstanceType c5.large -Zone eu-central-1a),
            (New-PkeNodePool -Name pool1 -Role worker, pipeline-system -InstanceType c5.xlarge -Zone eu-central-1a -Count 2);
        """;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Shell.Run("Stop-MeshSandbox");
        Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void The_story_begins_with_three_lines()
    {
        Start();
        PSObject cluster = Assert.Single(Create().ThrowIfFailed().Output);
        Assert.Equal(("istio-cni-demo", "RUNNING", "1.12.2"), (cluster.Properties["Name"].Value, cluster.Properties["StatusText"].Value, cluster.Properties["Version"].Value));
        PSObject connected = Assert.Single(Shell.Run("$args[0] | Connect-MeshCluster", cluster).ThrowIfFailed().Output);
        Assert.Equal(("istio-cni-demo", "Sandbox"), (connected.Properties["Name"].Value, $"{connected.Properties["Provider"].Value}"));
        Assert.Equal(["istio-operator Banzai True"], Texts("foreach ($o in Install-IstioOperator -Distribution Banzai) { \"$($o.Name) $($o.Distribution) $($o.IsReady)$($o.Ready)\" }"));
        Assert.Equal(["master-1 master", "pool1-1 pool1", "pool1-2 pool1"], Texts("foreach ($n in (Get-PkeCluster istio-cni-demo).Nodes) { \"$($n.Name) $($n.NodePool)\" }"));
    }

    [Fact]
    public void The_sandbox_shows_its_Pipeline_and_that_one_s_clusters_and_no_secret()
    {
        Start();
        Create().ThrowIfFailed();
        Assert.Equal(["sandbox 1", "istio-cni-demo 3"], Texts("$s = Get-MeshSandbox; \"$s\".Split(' ')[0] + ' ' + $s.Nodes; foreach ($c in $s.Clusters) { \"$($c.Name) $($c.Nodes)\" }"));
        Assert.Equal(["True", "True", "System.Security.SecureString"], Texts("$s = Get-MeshSandbox; \"$($s.Endpoint)\" -match '^https://127.0.0.1:\\d+/pipeline$'; [IO.File]::Exists($s.CertificateAuthority); \"$($s.Token)\""));
        // By its name it is found like any other, and has no Pipeline of its own.
        Assert.Equal(["istio-cni-demo True True"], Texts("$s = Get-MeshSandbox istio-cni-demo; \"$($s.Name) $($null -eq $s.Endpoint) $($null -eq $s.Token)\""));
        Assert.Equal(["istio-cni-demo"], Texts("(Get-MeshSandbox istio-cni-demo | Connect-MeshCluster).Name"));
        Assert.Equal("SandboxOfPipeline,IstioAdmin.Commands.StopMeshSandboxCommand", Only(Shell.Run("Stop-MeshSandbox istio-cni-demo")).FullyQualifiedErrorId);
        Assert.Equal(["sandbox"], Texts("Get-MeshSandbox * | ForEach-Object Name"));
    }

    [Fact]
    public void A_removed_cluster_is_gone_with_its_sandbox()
    {
        Start();
        Create().ThrowIfFailed();
        Shell.Run("Remove-PkeCluster istio-cni-demo -Confirm:$false").ThrowIfFailed();
        Assert.Empty(Shell.Run("Get-PkeCluster; (Get-MeshSandbox).Clusters").ThrowIfFailed().Output);
        Assert.Equal("SandboxNotFound,IstioAdmin.Commands.GetMeshSandboxCommand", Only(Shell.Run("Get-MeshSandbox istio-cni-demo")).FullyQualifiedErrorId);
        Create().ThrowIfFailed();
    }

    [Theory]
    [InlineData("-SecretName nowhere", "PipelineSecretNotFound", "Those for amazon are: 'aws-secret'")]
    [InlineData("-SecretName azure-secret", "PipelineSecretUnfit", "is for azure, not for amazon")]
    [InlineData("-SecretName aws-secret -Location eu-central-9", "PkeRequestInvalid", "amazon has no region 'eu-central-9', but eu-central-1")]
    [InlineData("-SecretName aws-secret -Oidc", "PipelineRequestRejected", "the sandbox does not model logins through OpenID Connect")]
    public void What_Pipeline_would_refuse_is_refused(string arguments, string error, string why)
    {
        Start();
        string location = arguments.Contains("-Location", StringComparison.Ordinal) ? "" : "-Location eu-central-1";
        ErrorRecord refused = Only(Shell.Run($"{Pools} $pools | New-PkeCluster demo {location} -KubernetesVersion 1.12.2 {arguments}"));
        Assert.StartsWith($"{error},", refused.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(why, refused.ToString(), StringComparison.Ordinal);
        Assert.Empty(Shell.Run("Get-PkeCluster").ThrowIfFailed().Output);
    }

    [Fact]
    public void Machines_that_do_not_exist_and_names_that_are_taken_are_refused()
    {
        Start();
        ErrorRecord unknown = Only(Shell.Run("New-PkeNodePool master master c9.large -Zone eu-central-1a | New-PkeCluster demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2"));
        Assert.Contains("eu-central-1 has no instance type 'c9.large', but", unknown.ToString(), StringComparison.Ordinal);
        Create().ThrowIfFailed();
        // The same again is the same cluster; another of its name is none.
        Assert.Equal(["1"], Texts($"{Pools} $again = $pools | New-PkeCluster istio-cni-demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2; @(Get-PkeCluster).Count"));
        ErrorRecord taken = Only(Shell.Run("New-PkeNodePool master master c5.large -Zone eu-central-1a | New-PkeCluster istio-cni-demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2"));
        Assert.StartsWith("PkeClusterExists,", taken.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cmdlet_for_PKE_works_on_it()
    {
        Start();
        string file = Path.GetTempFileName();
        try
        {
            Shell.Run($"{Pools} $null = $pools | New-PkeCluster demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2 -NoWait").ThrowIfFailed();
            Assert.Equal(["RUNNING"], Texts("(Wait-PkeCluster demo).StatusText"));
            Assert.Equal(["4 1.13.0", "master-1 pool1-1 pool1-2 pool1-3"], Texts("""
                $c = Set-PkeCluster demo -ScaleNodePool pool1 -Count 3 -KubernetesVersion 1.13.0
                "$((Get-MeshSandbox demo).Nodes) $($c.Version)"
                "$(foreach ($n in (Get-PkeCluster demo).Nodes) { $n.Name })"
                """));
            ScriptResult hooked = Shell.Run("Set-PkeCluster demo -PostHook InstallIngressController; (Get-PkeCluster demo).StatusMessage");
            Assert.Contains("did nothing: InstallIngressController", $"{hooked.ThrowIfFailed().Output[^1]}", StringComparison.Ordinal);
            Shell.Run("Export-PkeKubeconfig demo -Path $args[0] -Force", file).ThrowIfFailed();
            Assert.Equal(["demo Sandbox"], Texts("$c = Connect-MeshCluster -Kubeconfig $args[0]; \"$($c.Name) $($c.Provider)\"", file));
            if (!OperatingSystem.IsWindows())
                Assert.Contains(Shell.Run("Enter-PkeCluster demo cat $args[0]", file).ThrowIfFailed().Output, line => $"{line}".Contains("127.0.0.1", StringComparison.Ordinal));
            Shell.Run("Get-PkeCluster demo | Remove-PkeCluster -Confirm:$false").ThrowIfFailed();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Stopping_the_sandbox_stops_what_is_there_and_what_is_being_created()
    {
        // As slow as reality.
        Start("-Speed 1");
        Shell.Run($"{Pools} $null = $pools | New-PkeCluster slow -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2 -NoWait").ThrowIfFailed();
        Assert.Equal(["CREATING: Cluster creation is in progress"], Texts("$c = Get-PkeCluster slow; \"$($c.StatusText): $($c.StatusMessage)\""));
        Assert.Empty(Shell.Run("(Get-MeshSandbox).Clusters").ThrowIfFailed().Output);

        var endpoint = (Uri)Assert.Single(Shell.Run("(Get-MeshSandbox).Endpoint").ThrowIfFailed().Output).BaseObject;

        Shell.Run("Stop-MeshSandbox").ThrowIfFailed();

        Assert.Empty(Shell.Run("Get-MeshSandbox").ThrowIfFailed().Output);
        using var client = new TcpClient();
        Assert.Throws<SocketException>(() => client.Connect(endpoint.Host, endpoint.Port));
    }

    [Fact]
    public void Faults_find_the_cluster_that_is_meant()
    {
        Start();
        Create().ThrowIfFailed();
        Assert.StartsWith("SandboxAmbiguous,", Only(Shell.Run("Set-MeshSandboxFault NodeDown pool1-1")).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["NodeDown pool1-1"], Texts("foreach ($f in Set-MeshSandboxFault NodeDown pool1-1 -Sandbox istio-cni-demo) { \"$($f.Kind) $($f.Target)\" }"));
        Assert.Empty(Shell.Run("(Get-MeshSandbox sandbox).Faults; Set-MeshSandboxFault -Clear -Sandbox istio-cni-demo").ThrowIfFailed().Output);

        // The current cluster is meant when none is named.
        Assert.Equal(["LoadBalancerPending"], Texts("$null = Get-PkeCluster istio-cni-demo | Connect-MeshCluster; foreach ($f in Set-MeshSandboxFault LoadBalancerPending) { \"$($f.Kind)\" }"));
        Assert.Equal(["0 1"], Texts("\"$((Get-MeshSandbox sandbox).Faults.Count) $((Get-MeshSandbox istio-cni-demo).Faults.Count)\""));
        Assert.Empty(Shell.Run("$null = Get-MeshSandbox sandbox | Connect-MeshCluster; Set-MeshSandboxFault -Clear; (Get-MeshSandbox sandbox).Faults").ThrowIfFailed().Output);

        // A pod says itself where it is, whatever the current cluster is.
        ScriptResult podFault = Shell.Run("""
            $null = Get-PkeCluster istio-cni-demo | Connect-MeshCluster
            $null = Install-IstioOperator -Distribution Banzai
            $pod = @(Get-MeshPod -Namespace istio-system)[0]
            $null = Get-MeshSandbox sandbox | Connect-MeshCluster
            foreach ($f in $pod | Set-MeshSandboxFault PodUnready) { "$($f.Kind) $($f.Target)" }
            """);
        Assert.Contains("PodUnready istio-system/istio-operator-0", podFault.ThrowIfFailed().Output.Select(line => $"{line}"));
        Assert.Empty(Shell.Run("(Get-MeshSandbox sandbox).Faults").ThrowIfFailed().Output);
    }

    [Fact]
    public void Two_sandboxes_have_a_Pipeline_each()
    {
        Start();
        Create().ThrowIfFailed();
        Assert.Equal(["second 0"], Texts("$null = Start-MeshSandbox second -Nodes 1 | Connect-Pipeline -Name second; $s = Get-MeshSandbox second; \"$($s.Name) $(@(Get-PkeCluster).Count)\""));
        Assert.Equal(["istio-cni-demo"], Texts("foreach ($c in (Get-MeshSandbox sandbox).Clusters) { $c.Name }"));
        Assert.Equal(["sandbox"], Texts("Stop-MeshSandbox second; foreach ($s in Get-MeshSandbox) { $s.Name }"));
    }

    [Fact]
    public void Stopping_closes_the_connections_to_what_was_stopped_and_no_others()
    {
        Start();
        Create().ThrowIfFailed();
        Shell.Run("$null = Get-PkeCluster istio-cni-demo | Connect-MeshCluster; $null = Get-MeshSandbox sandbox | Connect-MeshCluster").ThrowIfFailed();
        Shell.Run("$null = Start-MeshSandbox second -Nodes 1 | Connect-MeshCluster; $null = Get-MeshSandbox second | Connect-Pipeline -Name second").ThrowIfFailed();
        Shell.Run("Stop-MeshSandbox sandbox").ThrowIfFailed();
        Assert.Equal(["second", "second"], Texts("foreach ($c in Get-MeshCluster) { $c.Name }; foreach ($p in Get-Pipeline) { $p.Name }"));
    }

    private static ErrorRecord Only(ScriptResult result) => result.TerminatingError ?? Assert.Single(result.Errors);

    private void Start(string more = "") => Shell.Run($"Start-MeshSandbox -Nodes 1 {(more.Length > 0 ? more : "-Speed 10000")} | Connect-Pipeline").ThrowIfFailed();

    private ScriptResult Create() => Shell.Run($"{Pools} $pools | New-PkeCluster -Name istio-cni-demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2");

    private string[] Texts(string script, params object?[] arguments) => [.. Shell.Run(script, arguments).ThrowIfFailed().Output.Select(item => $"{item}")];
}
