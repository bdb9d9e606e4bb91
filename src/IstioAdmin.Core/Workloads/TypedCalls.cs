using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Workloads;

/// <summary>Calls of the typed client.</summary>
internal static class TypedCalls
{
    /// <summary>Makes a call; what it throws becomes a failure that names server and subject.</summary>
    public static async Task<T> CallAsync<T>(this KubeClient client, Func<Task<T>> call, KubeSubject about, CancellationToken cancel)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            throw KubeFailure.From(e, client, about);
        }
    }
}
