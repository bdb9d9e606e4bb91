using System.Diagnostics;
using System.Management.Automation;
using IstioAdmin.Testing;
using IstioAdmin.Testing.Hosts;

namespace IstioAdmin.Module.Tests.PkeAccess;

/// <summary>New-PkeCluster -Host against machines with a real sshd and a stand-in for the pke tool.</summary>
public sealed class HostClusterTests : ModuleTest, IAsyncLifetime
{
    private HostBed _bed = null!;

    private string Config => Path.Combine(_bed.Folder, "kubeconfig");

    public async ValueTask InitializeAsync() => _bed = await HostBed.StartAsync("m1", "w1", "w2");

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public void A_control_plane_and_workers_and_the_second_time_nothing_is_left_to_do()
    {
        ScriptResult made = Make("m1, w1, w2", "-KubernetesVersion v1.22.1 -Runtime docker -NetworkProvider cilium -PodCidr 10.20.0.0/16 -Verbose");

        PSObject cluster = Assert.Single(made.ThrowIfFailed().Output);
        Assert.Equal(["m1 master Installed True", "w1 worker Installed True", "w2 worker Installed True"], Nodes(cluster));
        Assert.Equal(["install master --kubernetes-cluster-name=demo --kubernetes-api-server=127.0.0.1:6443 --kubernetes-version=1.22.1 --kubernetes-container-runtime=docker "
            + "--kubernetes-network-provider=cilium --kubernetes-pod-network-cidr=10.20.0.0/16"], _bed.Installs("m1"));
        Assert.Single(_bed.Installs("w1"));
        Assert.Equal(("demo", "https://127.0.0.1:6443"), (cluster.Properties["Context"].Value, cluster.Properties["Server"].Value));
        string kubeconfig = File.ReadAllText(Config);
        Assert.Contains("user: demo-admin", kubeconfig, StringComparison.Ordinal);
        // Every flag is printed by the tool, and kubeadm's join command too.
        string token = _bed.Installs("w1")[0].Split("--kubernetes-node-token=")[1].Split(' ')[0];
        Assert.Contains(made.Verbose, line => line.Contains("Flag --kubernetes-node-token", StringComparison.Ordinal));
        Assert.All(made.Verbose.Concat(made.Progress.Select(p => p.StatusDescription)), line => Assert.DoesNotContain(token, line, StringComparison.Ordinal));

        PSObject again = Assert.Single(Make("m1, w1, w2").ThrowIfFailed().Output);
        Assert.Equal(["m1 master Present True", "w1 worker Present True", "w2 worker Present True"], Nodes(again));
        Assert.Equal((1, 1, 1), (_bed.Installs("m1").Length, _bed.Installs("w1").Length, _bed.Installs("w2").Length));
        Assert.Equal(kubeconfig, File.ReadAllText(Config));
    }

    [Fact]
    public void One_machine_is_a_cluster_too_and_a_worker_can_come_later_with_a_new_token()
    {
        Assert.Equal(["m1 single Installed True"], Nodes(Assert.Single(Make("m1").ThrowIfFailed().Output)));
        _bed.Put("no-tokens");

        Assert.Equal(["m1 master Present True", "w1 worker Installed True"], Nodes(Assert.Single(Make("m1, w1").ThrowIfFailed().Output)));

        Assert.Contains("token create -o json", _bed.Calls("m1"));
    }

    [Fact]
    public void A_worker_that_fails_is_an_error_with_its_last_lines_and_the_others_join()
    {
        _bed.Put("fail-w1", "[preflight] container runtime is not running, token abcdef.0123456789abcdef");

        ScriptResult made = Make("m1, w1, w2");

        ErrorRecord error = Assert.Single(made.Errors);
        Assert.StartsWith("PkeInstallFailed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Host 'w1'", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("container runtime is not running, token ***", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(_bed.Installs("w1")[0].Split("--kubernetes-node-token=")[1].Split(' ')[0], error.ToString(), StringComparison.Ordinal);
        Assert.Equal(["m1 master Installed True", "w1 worker Failed ", "w2 worker Installed True"], Nodes(Assert.Single(made.Output)));

        _bed.Take("fail-w1");
        Assert.Equal(["m1 master Present True", "w1 worker Installed True", "w2 worker Present True"], Nodes(Assert.Single(Make("m1, w1, w2").ThrowIfFailed().Output)));
    }

    [Fact]
    public void A_control_plane_that_fails_ends_it_and_nobody_joins()
    {
        _bed.Put("fail-m1", "[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2");

        ScriptResult made = Make("m1, w1");

        Assert.StartsWith("PkeInstallFailed,", made.TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("less than the required 2", made.TerminatingError.ToString(), StringComparison.Ordinal);
        Assert.Empty(_bed.Calls("w1"));
        Assert.False(File.Exists(Config));
    }

    [Fact]
    public void WhatIf_looks_and_changes_nothing()
    {
        Make("m1, w1", "-WhatIf").ThrowIfFailed();

        Assert.Empty(_bed.Calls("m1").Concat(_bed.Calls("w1")));
        Assert.False(File.Exists(Config));
    }

    [Fact]
    public async Task Stopping_ends_what_runs_on_the_machine_and_a_second_run_goes_on()
    {
        _bed.Put("hang-w1");
        using PowerShell shell = Shell.Script(Command("m1, w1, w2", ""), _bed.SshConfig, Config);
        IAsyncResult running = shell.BeginInvoke();
        await Eventually.BecomesTrueAsync(() => _bed.Has("hanging-w1"), "the worker is being installed", Patience);

        shell.Stop();

        Assert.ThrowsAny<RuntimeException>(() => shell.EndInvoke(running));
        await Eventually.BecomesTrueAsync(() => _bed.Has("ended-w1"), "the tool on the worker is ended", Patience);
        _bed.Take("hang-w1");
        Assert.Contains("w1 worker Installed True", Nodes(Assert.Single(Make("m1, w1, w2").ThrowIfFailed().Output)));
    }

    [Fact]
    public async Task A_connection_that_breaks_ends_what_runs_there_and_is_said()
    {
        _bed.Put("hang-m1");
        using PowerShell shell = Shell.Script($"trap {{ break }}; {Command("m1", "")}", _bed.SshConfig, Config);
        IAsyncResult running = shell.BeginInvoke();
        await Eventually.BecomesTrueAsync(() => _bed.Has("hanging-m1"), "the control plane is being installed", Patience);

        // Only sshd and what holds the connection; the tool is in a session of its own.
        _bed.KillConnections("m1");

        RuntimeException failure = Assert.ThrowsAny<RuntimeException>(() => shell.EndInvoke(running));
        Assert.StartsWith("SshConnectionLost,", failure.ErrorRecord.FullyQualifiedErrorId, StringComparison.Ordinal);
        await Eventually.BecomesTrueAsync(() => _bed.Has("ended-m1"), "the tool is ended", Patience);
    }

    [Fact]
    public void A_key_that_is_not_known_or_has_changed_is_never_accepted()
    {
        string known = File.ReadAllText(_bed.KnownHosts);
        File.WriteAllText(_bed.KnownHosts, "");
        ErrorRecord unknown = Make("m1").TerminatingError!;
        Assert.StartsWith("SshHostKeyRefused,", unknown.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Log in once by hand", unknown.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("", File.ReadAllText(_bed.KnownHosts));

        string other = File.ReadAllText(Path.Combine(_bed.Folder, "key.pub")).Trim();
        File.WriteAllLines(_bed.KnownHosts, known.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"{line.Split(' ')[0]} {other}"));
        ErrorRecord changed = Make("m1").TerminatingError!;
        Assert.StartsWith("SshHostKeyRefused,", changed.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_bed.Calls("m1"));
    }

    [Fact]
    public void All_machines_that_cannot_be_used_are_named_before_anything_is_done()
    {
        Make("m1").ThrowIfFailed();
        ErrorRecord nobody = Shell.Run("New-PkeCluster demo -Host root@127.0.0.1:1, root@127.0.0.1:2 -KubeconfigPath $args[0]", Config).TerminatingError!;
        Assert.StartsWith("SshUnreachable,", nobody.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:2", nobody.ToString(), StringComparison.Ordinal);

        Assert.StartsWith("SshLoginRefused,", Make("nobody@m1").TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("PkeToolNotFound,", Make("m1, w2", "-ToolPath /opt/none/pke").TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("HostRepeated,", Make("m1, m1").TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("HostInvalid,", Make("'-oProxyCommand=x'").TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("HostInvalid,", Make("'m1;reboot'").TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ApiServerInvalid,", Make("m1", "-ApiServer 'https://x:6443'").TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        // A machine of another cluster.
        Assert.StartsWith("HostJoinedElsewhere,", Make("w2, m1").TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_bed.Installs("w2"));
    }

    [Fact]
    public void A_control_plane_that_was_broken_off_is_not_taken_for_one()
    {
        Directory.CreateDirectory(_bed.Etc("m1", "kubernetes"));
        File.WriteAllText(_bed.Etc("m1", "kubernetes/admin.conf"), "half");

        ErrorRecord error = Make("m1, w1").TerminatingError!;

        Assert.StartsWith("PkeMasterNotReady,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("kubeadm reset", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(_bed.Installs("w1"));
    }

    [Fact]
    public void Nodes_are_waited_for_as_long_as_was_said()
    {
        Make("m1, w1", "-NoWait").ThrowIfFailed();
        _bed.Put("unready-w1");
        ErrorRecord error = Make("m1, w1", "-Timeout 15").TerminatingError!;
        Assert.StartsWith("TimedOut,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["m1 master Present ", "w1 worker Present "], Nodes(Assert.Single(Make("m1, w1", "-NoWait").ThrowIfFailed().Output)));
    }

    [Fact]
    public async Task This_machine_needs_no_ssh()
    {
        // In namespaces of its own, so that the machine that runs the tests keeps its name and its /etc.
        string etc = Directory.CreateDirectory(Path.Combine(_bed.Folder, "local")).FullName;
        var start = new ProcessStartInfo("unshare",
        [
            "--mount", "--uts", "--propagation", "private", "sh", "-c",
            $"cp -a /etc/. {etc} && rm -rf {etc}/kubernetes && mount --bind {etc} /etc && hostname here && exec dotnet \"$0\" -Command \"$1\"", ConsoleRun.Executable(),
            $"Import-Module '{ModuleRunspace.Manifest}'; (New-PkeCluster demo -Local -ApiServer 192.0.2.9 -KubeconfigPath '{Config}').Nodes.ForEach({{ \"$($_.Host) $($_.Node) $($_.Role) $($_.State) $($_.Ready)\" }})",
        ])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{HostBed.Tools}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["PKE_STATE"] = _bed.State;
        using Process run = Process.Start(start)!;
        run.StandardInput.Close();
        Task<string> output = run.StandardOutput.ReadToEndAsync(Cancel), error = run.StandardError.ReadToEndAsync(Cancel);
        await run.WaitForExitAsync(Cancel);

        Assert.True((await output).Contains("localhost here single Installed True", StringComparison.Ordinal), $"{await output}\n{await error}");
        Assert.Equal(["install single --kubernetes-cluster-name=demo --kubernetes-api-server=192.0.2.9:6443"], _bed.Installs("here"));
        Assert.Contains("https://192.0.2.9:6443", File.ReadAllText(Config), StringComparison.Ordinal);
    }

    private ScriptResult Make(string hosts, string more = "") => Shell.Run(Command(hosts, more), _bed.SshConfig, Config);

    private static string Command(string hosts, string more) => $"New-PkeCluster demo -Host {hosts} -SshConfig $args[0] -KubeconfigPath $args[1] {more}";

    private static IEnumerable<string> Nodes(PSObject cluster) => ((IEnumerable<object>)cluster.Properties["Nodes"].Value).Select(PSObject.AsPSObject)
        .Select(node => $"{node.Properties["Host"].Value} {node.Properties["Role"].Value} {node.Properties["State"].Value} {node.Properties["Ready"].Value}");
}
