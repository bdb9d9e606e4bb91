using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Mesh.Remotes;

/// <summary>The clusters that meshes have taken in.</summary>
public static class IstioRemotes
{
    /// <summary>The label by which Istio finds the Secrets that lead to other clusters.</summary>
    private const string MultiCluster = "istio/multiCluster=true";

    private const string ClusterName = "networking.istio.io/cluster";

    /// <summary>Lists the remote clusters of a mesh.</summary>
    /// <param name="cluster">The mesh's cluster.</param>
    /// <param name="mesh">The mesh.</param>
    /// <param name="cancel">Cancels the requests.</param>
    /// <exception cref="MeshException">The server could not be asked, or refused.</exception>
    public static async Task<IReadOnlyList<IstioRemoteCluster>> ListAsync(MeshCluster cluster, IstioMesh mesh, CancellationToken cancel)
    {
        IRemoteDialect dialect = MeshOperator.Of(mesh.Operator).Remotes;
        Dictionary<string, JsonObject> secrets = [];
        foreach (string selector in new[] { MultiCluster, ObjectOwner.Selector(RemoteAccount.PartOf) })
        {
            await foreach (JsonObject secret in cluster.Client.ListObjectsAsync(KubeResource.Secrets, new ListQuery(mesh.Namespace, selector), cancel).ConfigureAwait(false))
            {
                // The token of an account with which some other mesh reaches this cluster leads nowhere.
                if ((string?)secret["type"] != "kubernetes.io/service-account-token")
                    secrets[secret.Metadata("name")!] = secret;
            }
        }
        List<IstioRemoteCluster> found = [];
        if (dialect.Resource is { } resource)
        {
            await foreach (JsonObject item in cluster.Client.ListObjectsAsync(resource, new ListQuery(mesh.Namespace), cancel).ConfigureAwait(false))
            {
                string name = item.Metadata("name")!;
                // One that has not been taken yet has no label; it may be anybody's.
                if (!secrets.Remove(dialect.SecretName(name), out JsonObject? secret))
                    secret = await cluster.Client.GetAsync(KubeResource.Secrets, mesh.Namespace, dialect.SecretName(name), cancel).ConfigureAwait(false);
                found.Add(Of(cluster, mesh, name, (secret?["data"] as JsonObject)?.FirstOrDefault().Value, secret, item));
            }
        }
        foreach (JsonObject secret in secrets.Values)
        {
            JsonObject data = secret["data"] as JsonObject ?? [];
            foreach ((string key, JsonNode? value) in data)
            {
                // The annotation stands for the key only where there is one.
                string name = (data.Count == 1 ? (string?)secret["metadata"]?["annotations"]?[ClusterName] : null) ?? key;
                found.Add(Of(cluster, mesh, name, value, secret, null));
            }
        }
        return [.. found.OrderBy(remote => remote.Name, StringComparer.Ordinal)];
    }

    /// <summary>Reads a remote cluster anew; null when there is nothing of it.</summary>
    /// <exception cref="MeshException">The server could not be asked, or refused.</exception>
    internal static async Task<IstioRemoteCluster?> ReadAsync(MeshCluster cluster, IstioMesh mesh, string name, CancellationToken cancel)
    {
        IRemoteDialect dialect = MeshOperator.Of(mesh.Operator).Remotes;
        JsonObject? resource = dialect.Resource is { } kind ? await cluster.Client.GetAsync(kind, mesh.Namespace, name, cancel).ConfigureAwait(false) : null;
        JsonObject? secret = await cluster.Client.GetAsync(KubeResource.Secrets, mesh.Namespace, dialect.SecretName(name), cancel).ConfigureAwait(false);
        JsonNode? value = secret?["data"]?[name] ?? (secret?["data"] as JsonObject)?.FirstOrDefault().Value;
        return resource is null && secret is null ? null : Of(cluster, mesh, name, value, secret, resource);
    }

    private static IstioRemoteCluster Of(MeshCluster cluster, IstioMesh mesh, string name, JsonNode? kubeconfig, JsonObject? secret, JsonObject? resource)
    {
        IRemoteDialect dialect = MeshOperator.Of(mesh.Operator).Remotes;
        var config = RemoteKubeconfig.Read(kubeconfig.Text());
        MeshCondition? condition = resource is null ? null : dialect.ConditionOf(resource);
        string? wrong = condition?.ErrorMessage
            ?? (secret is null ? $"there is no Secret {mesh.Namespace}/{dialect.SecretName(name)}"
            : config?.Server is null ? $"Secret {mesh.Namespace}/{secret.Metadata("name")} holds no kubeconfig that could be read"
            : dialect.Resource is { } kind && resource is null ? $"there is no {kind.Kind} {mesh.Namespace}/{name}"
            : null);
        return new IstioRemoteCluster
        {
            Cluster = cluster.Name,
            Operator = mesh.Operator,
            Namespace = mesh.Namespace,
            Name = name,
            State = condition?.State,
            Status = condition?.Status,
            ErrorMessage = wrong,
            GatewayAddresses = condition?.GatewayAddresses.ToArray() ?? [],
            Server = config?.Server,
            Account = config?.Account,
            TokenIssued = config?.Issued ?? Written(secret),
            TokenExpires = config?.Expires,
            SecretName = secret?.Metadata("name"),
            Resource = resource,
        };
    }

    /// <summary>When the contents of a Secret were last written.</summary>
    private static DateTimeOffset? Written(JsonObject? secret)
    {
        string? last = (secret?["metadata"]?["managedFields"] as JsonArray ?? [])
            .Where(entry => entry?["fieldsV1"]?["f:data"] is not null)
            .Select(entry => entry.TextAt("time"))
            .Max(StringComparer.Ordinal);
        return DateTimeOffset.TryParse(last ?? secret?.Metadata("creationTimestamp"), CultureInfo.InvariantCulture, out DateTimeOffset time) ? time : null;
    }
}
