namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>What to connect to.</summary>
public sealed record ConnectOptions
{
    /// <summary>Kubeconfig files, merged in order; empty for the default ones.</summary>
    public IReadOnlyList<string> Kubeconfig { get; init; } = [];

    /// <summary>Context; null for the current one.</summary>
    public string? Context { get; init; }

    /// <summary>Name to go by; null for the context's.</summary>
    public string? Name { get; init; }

    /// <summary>Time for each request while connecting.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
