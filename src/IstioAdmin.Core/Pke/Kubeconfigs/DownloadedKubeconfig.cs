using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Yaml;

namespace IstioAdmin.Core.Pke.Kubeconfigs;

/// <summary>A cluster's kubeconfig as it was fetched, made fit for clients of today and for living beside others.</summary>
internal sealed class DownloadedKubeconfig
{
    private const string OldExec = "client.authentication.k8s.io/v1alpha1";

    // Differs from v1alpha1 in nothing but its name (Kubernetes 1.24 changelog). Understood by every kubectl since 1.11; the oldest that
    // today's know.
    private const string NewExec = "client.authentication.k8s.io/v1beta1";

    private readonly JsonObject _root;

    private DownloadedKubeconfig(JsonObject root) => _root = root;

    /// <summary>The context that it is about.</summary>
    public required string Context { get; init; }

    public IEnumerable<JsonObject> Entries(string list) => (_root[list] as JsonArray ?? []).OfType<JsonObject>();

    /// <summary>Address of the context's API server; null when it has none.</summary>
    public string? Server => Find("contexts", Context).At("context.cluster").Text() is { } cluster ? Find("clusters", cluster).TextAt("cluster.server") : null;

    /// <summary>The whole file.</summary>
    public string Text => KubeYaml.Write(_root);

    /// <summary>Fetches the kubeconfig of a cluster that Pipeline manages.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="oidc">The configuration for a personal login through OpenID Connect, instead of the administrator's.</param>
    /// <param name="contextName">As for <see cref="Read"/>.</param>
    /// <param name="cancel">Cancels fetching.</param>
    /// <exception cref="MeshException"><c>PkeOidcNotEnabled</c>, it could not be fetched, or as <see cref="Read"/>.</exception>
    public static async Task<DownloadedKubeconfig> FetchAsync(PkeCluster cluster, bool oidc, string? contextName, CancellationToken cancel)
    {
        RequireOidc(cluster, oidc);
        string text = await cluster.GetKubeconfigAsync(oidc, cancel).ConfigureAwait(false);
        return Read(text, $"The kubeconfig of cluster '{cluster.Name}'", contextName);
    }

    /// <summary>Refuses a personal login where the cluster has none.</summary>
    /// <exception cref="MeshException"><c>PkeOidcNotEnabled</c>.</exception>
    public static void RequireOidc(PkeCluster cluster, bool oidc)
    {
        if (oidc && !cluster.Oidc)
        {
            throw new MeshException("PkeOidcNotEnabled", FailureKind.NotSupported, $"Cluster '{cluster.Name}' does not take logins through OpenID Connect.",
                "Leave -OidcConfig out, or make the cluster with -Oidc.", cluster.Name);
        }
    }

    /// <param name="text">YAML.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <param name="contextName">Name for the context and its cluster; null to keep the names it came with.</param>
    /// <exception cref="MeshException"><c>YamlInvalid</c>, or <c>KubeconfigNotKubeconfig</c> when it lacks what a kubeconfig needs.</exception>
    public static DownloadedKubeconfig Read(string text, string source, string? contextName)
    {
        JsonObject root = KubeYaml.ParseMapping(text, source);
        string[] contexts = [.. (root["contexts"] as JsonArray ?? []).Select(context => context.TextAt("name")).OfType<string>()];
        string? current = root.TextAt("current-context") is { Length: > 0 } set ? set : contexts.FirstOrDefault();
        if (current is null || !contexts.Contains(current))
            throw Unfit(source, current is null ? "it has no context" : $"its current-context '{current}' is not among its contexts");
        var config = new DownloadedKubeconfig(root) { Context = contextName ?? current };
        foreach (string list in new[] { "clusters", "users", "contexts" })
        {
            if (config.Entries(list).Any(entry => entry.TextAt("name") is null) || (list != "users" && !config.Entries(list).Any()))
                throw Unfit(source, $"its {list} are missing, or one of them has no name");
        }
        foreach (JsonObject user in config.Entries("users"))
        {
            if (user.At("user.exec") is JsonObject exec && exec.TextAt("apiVersion") == OldExec)
                exec["apiVersion"] = NewExec;
        }
        if (contextName is not null)
            config.Rename(current, contextName);
        root["current-context"] = config.Context;
        return config;
    }

    // Names of a kubeconfig are often the same for every cluster that a tool makes (kubeadm: kubernetes-admin@kubernetes).
    private void Rename(string context, string name)
    {
        JsonObject entry = Find("contexts", context)!;
        if (entry["context"] is not JsonObject parts)
            throw Unfit("The kubeconfig", $"its context '{context}' has no content");
        Give(Find("clusters", parts.TextAt("cluster")), name);
        string user = $"{name}-admin";
        Give(Find("users", parts.TextAt("user")), user);
        entry["name"] = name;
        parts["cluster"] = name;
        parts["user"] = user;
        // What the other entries are called is not known to fit in; they are not part of what was asked for.
        foreach ((string list, string kept) in new[] { ("clusters", name), ("users", user), ("contexts", name) })
            _root[list] = new JsonArray([.. Entries(list).Where(other => other.TextAt("name") == kept).Select(other => other.DeepClone())]);
    }

    private static void Give(JsonObject? entry, string name)
    {
        if (entry is not null)
            entry["name"] = name;
    }

    private JsonObject? Find(string list, string? name) => Entries(list).FirstOrDefault(entry => entry.TextAt("name") == name);

    private static MeshException Unfit(string source, string why) => new(
        "KubeconfigNotKubeconfig", FailureKind.InvalidResponse, $"{source} is not a kubeconfig that can be used: {why}.", "Look at what the server gives out.", source);
}
