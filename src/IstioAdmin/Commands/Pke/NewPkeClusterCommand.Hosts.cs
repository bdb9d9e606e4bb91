using System.Management.Automation;
using IstioAdmin.Core.Pke.Hosts;
using IstioAdmin.Core.Pke.Kubeconfigs;

namespace IstioAdmin.Commands;

/// <content>PKE without Pipeline, on machines of one's own.</content>
public sealed partial class NewPkeClusterCommand
{
    private const string FromHosts = "Host";
    private const string FromLocal = "Local";

    /// <summary>Machines, as [user@]host[:port]: the first is the control plane, the others are workers. With -Local all of them are workers.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [Alias("Host")]
    [ValidateNotNullOrEmpty]
    public string[] HostName { get; set; } = [];

    /// <summary>This machine is the control plane.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromLocal)]
    public SwitchParameter Local { get; set; }

    /// <summary>Address of the API server as workers and administrators reach it, host:port.</summary>
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [ValidateNotNullOrEmpty]
    public string? ApiServer { get; set; }

    /// <summary>Become root with sudo, which must not ask for a password.</summary>
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    public SwitchParameter Sudo { get; set; }

    /// <summary>Private key for ssh.</summary>
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [ValidateNotNullOrEmpty]
    public string? IdentityFile { get; set; }

    /// <summary>Configuration file for ssh, instead of its own.</summary>
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [ValidateNotNullOrEmpty]
    public string? SshConfig { get; set; }

    /// <summary>The pke tool on the machines: a name in PATH, or an absolute path.</summary>
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [ValidateNotNullOrEmpty]
    public string ToolPath { get; set; } = "pke";

    /// <summary>Let the tool undo what it did on a machine when it fails there.</summary>
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    public SwitchParameter ResetOnFailure { get; set; }

    /// <summary>The kubeconfig that the cluster's access is written to; by default the file that kubectl would write to.</summary>
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [ValidateNotNullOrEmpty]
    public string? KubeconfigPath { get; set; }

    /// <summary>Make the cluster's context the current one there.</summary>
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    public SwitchParameter SetCurrent { get; set; }

    /// <summary>Replace entries of the same name there that are about another cluster.</summary>
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    public SwitchParameter Force { get; set; }

    private async Task MakeOfHostsAsync(CancellationToken cancel)
    {
        PkeHost[] hosts = [.. Local ? [PkeHost.Local] : Array.Empty<PkeHost>(), .. HostName.Select(PkeHost.Parse)];
        var options = new HostClusterOptions
        {
            Name = Name!,
            Master = hosts[0],
            Workers = hosts[1..],
            ApiServer = ApiServer,
            KubernetesVersion = KubernetesVersion,
            Runtime = Given(nameof(Runtime)) ? Runtime.ToLowerInvariant() : null,
            NetworkProvider = NetworkProvider?.ToLowerInvariant(),
            PodCidr = PodCidr,
            ServiceCidr = ServiceCidr,
            Sudo = Sudo,
            ResetOnFailure = ResetOnFailure,
            Tool = ToolPath,
            IdentityFile = IdentityFile is null ? null : FilePath.Of(SessionState, IdentityFile, "IdentityFile"),
            SshConfig = SshConfig is null ? null : FilePath.Of(SessionState, SshConfig, "SshConfig"),
            Timeout = TimeSpan.FromSeconds(Timeout),
            WaitForNodes = !NoWait,
        };
        var access = new KubeconfigMergeOptions
        {
            Path = KubeconfigPath is null ? KubeconfigFileMerge.DefaultPath : FilePath.Of(SessionState, KubeconfigPath, "KubeconfigPath"),
            SetCurrent = SetCurrent,
            Force = Force,
        };
        HostClusterPlan plan = (await HostClusterPlan.MakeAsync(options, Reporter, cancel)).Approve(step => ShouldProcess($"{step.Host}", step.Action));
        bool write = ShouldProcess(access.Path, $"Write the access to cluster '{Name}'");
        if (!plan.HasMaster || (plan.Steps.Count == 0 && !write))
            return;
        await OrTellAsync(
            "Stopped. What runs on the machines is ended; what was installed on them stays. The same command sees it, and goes on with the rest.",
            async () => WriteObject(await HostClusterInstaller.RunAsync(plan, write ? access : null, (failure, host) => WriteFailure(failure, host), Reporter, cancel)), cancel);
    }

    private bool Given(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);
}
