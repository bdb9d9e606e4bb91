namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>A cluster to be made of machines that are there already.</summary>
public sealed record HostClusterOptions
{
    /// <summary>Name of the cluster, of its context and of its entries in the kubeconfig.</summary>
    public required string Name { get; init; }

    /// <summary>The machine for the control plane.</summary>
    public required PkeHost Master { get; init; }

    /// <summary>The other machines; without any the control plane's machine takes workloads too.</summary>
    public IReadOnlyList<PkeHost> Workers { get; init; } = [];

    /// <summary>Address of the API server as workers and administrators reach it, <c>host:port</c>; null for the master's name as ssh resolves it, with port 6443.</summary>
    public string? ApiServer { get; init; }

    /// <summary>Version of Kubernetes; null for the one that the tool brings.</summary>
    public string? KubernetesVersion { get; init; }

    /// <summary><c>containerd</c> or <c>docker</c>; null for the tool's own choice, as with the next three.</summary>
    public string? Runtime { get; init; }

    /// <summary><c>calico</c>, <c>cilium</c>, <c>weave</c> or <c>none</c>.</summary>
    public string? NetworkProvider { get; init; }

    /// <summary>Addresses of pods.</summary>
    public string? PodCidr { get; init; }

    /// <summary>Addresses of services.</summary>
    public string? ServiceCidr { get; init; }

    /// <summary>Become root with sudo, which must not ask for a password.</summary>
    public bool Sudo { get; init; }

    /// <summary>Let the tool undo what it did on a machine when it fails there.</summary>
    public bool ResetOnFailure { get; init; }

    /// <summary>The tool: a name in the machines' PATH, or an absolute path there.</summary>
    public string Tool { get; init; } = "pke";

    /// <summary>Private key for ssh; null for ssh's own choice.</summary>
    public string? IdentityFile { get; init; }

    /// <summary>Configuration file for ssh; null for ssh's own.</summary>
    public string? SshConfig { get; init; }

    /// <summary>Longest time that all of it may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Wait until every node is ready.</summary>
    public bool WaitForNodes { get; init; } = true;
}
