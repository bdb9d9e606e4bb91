using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>How what runs in a pod reaches the API server: as the pod's service account.</summary>
/// <param name="Api">A way to the API server, by namespace and name of the account.</param>
/// <param name="Token">A token, by namespace and name of the account.</param>
internal sealed record PodAccess(Func<string, string, Task<ClusterApi>> Api, Func<string, string, Task<string>> Token);
