using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Changes;

/// <summary>Looks at the namespace before anything is done in it.</summary>
internal static class TargetNamespace
{
    /// <summary>Makes sure that the namespace is there.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="name">The namespace.</param>
    /// <param name="mustAccept">Whether it must also accept new objects, which one that is being deleted does not.</param>
    /// <param name="reporter">Told when the namespace may not be read.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="MeshException">It does not exist (<c>NamespaceNotFound</c>) or is being deleted (<c>NamespaceTerminating</c>).</exception>
    public static async Task CheckAsync(KubeClient client, string name, bool mustAccept, IReporter reporter, CancellationToken cancel)
    {
        if (!await ExistsAsync(client, name, mustAccept, reporter, cancel).ConfigureAwait(false))
        {
            throw new MeshException("NamespaceNotFound", FailureKind.NotFound,
                $"{client.Endpoint.Server} has no namespace {name}.",
                $"Check the name, or create the namespace first: kubectl create namespace {name}.", name);
        }
    }

    /// <summary>Whether the namespace is there; taken to be so when it may not be read.</summary>
    /// <exception cref="MeshException">It is being deleted and must accept new objects (<c>NamespaceTerminating</c>).</exception>
    public static async Task<bool> ExistsAsync(KubeClient client, string name, bool mustAccept, IReporter reporter, CancellationToken cancel)
    {
        JsonObject? found;
        try
        {
            found = await client.GetAsync(KubeResource.Namespaces, null, name, cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            // Whoever may only work inside a namespace often may not read it. The first object tells.
            reporter.Detail($"Namespace {name} may not be read; going on as if it were there.");
            return true;
        }
        if (mustAccept && (string?)found?["status"]?["phase"] == "Terminating")
        {
            throw new MeshException("NamespaceTerminating", FailureKind.Conflict,
                $"Namespace {name} on {client.Endpoint.Server} is being deleted and accepts nothing new.",
                "Wait until it is gone and create it again, or name another namespace.", name);
        }
        return found is not null;
    }
}
