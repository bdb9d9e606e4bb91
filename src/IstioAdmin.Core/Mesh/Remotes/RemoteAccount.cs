using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Mesh.Remotes;

/// <summary>
/// The account with which one mesh reaches one remote cluster, and nobody else: it can be taken away without harm to other meshes that reach the same
/// cluster. All its objects are found by its name alone.
/// </summary>
/// <param name="Namespace">Its namespace on the remote cluster, which is that of the mesh.</param>
/// <param name="Name">Its name, and that of its role and binding.</param>
internal sealed record RemoteAccount(string Namespace, string Name)
{
    /// <summary>Marks what this module makes for remote clusters.</summary>
    public const string PartOf = "istio-remote";

    /// <summary>What kubectl describe and consoles show of an object.</summary>
    private const string Description = "kubernetes.io/description";

    /// <summary>On a namespace that was made for an account: that account's name.</summary>
    private const string HomeOf = "istioadmin/home-of";

    private string TokenName => $"{Name}-token";

    /// <summary>The account of a mesh for a remote cluster.</summary>
    /// <param name="cluster">The mesh's cluster.</param>
    /// <param name="ns">Namespace of the mesh.</param>
    /// <param name="remote">The name by which the mesh knows the remote cluster.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="MeshException">The namespace kube-system, by which clusters are told apart, may not be read.</exception>
    public static async Task<RemoteAccount> OfAsync(MeshCluster cluster, string ns, string remote, CancellationToken cancel)
    {
        string identity = $"{await IdentityAsync(cluster, cancel).ConfigureAwait(false)}/{ns}/{remote}";
        string hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..8].ToLowerInvariant();
        return new RemoteAccount(ns, $"istio-remote-{remote}-{hash}");
    }

    /// <summary>What tells one cluster from all others: the uid of its namespace kube-system, or its address where there is no such namespace.</summary>
    public static async Task<string> IdentityAsync(MeshCluster cluster, CancellationToken cancel)
    {
        JsonObject? system = await cluster.Client.GetAsync(KubeResource.Namespaces, null, "kube-system", cancel).ConfigureAwait(false);
        return system.TextAt("metadata.uid") ?? cluster.Server.AbsoluteUri;
    }

    /// <summary>Its namespace, where there is none yet.</summary>
    public ObjectManifest Home()
    {
        ObjectManifest home = ObjectManifest.Create(KubeResource.Namespaces, null, Namespace, Labels());
        home.Manifest["metadata"]!["annotations"] = new JsonObject { [HomeOf] = Name };
        return home;
    }

    /// <summary>Whether a namespace was made for this account.</summary>
    public bool IsHome(JsonObject ns) => (string?)ns["metadata"]?["annotations"]?[HomeOf] == Name;

    /// <summary>Its objects on the remote cluster, in the order in which they are made.</summary>
    /// <param name="rules">What it may do.</param>
    /// <param name="purpose">What it is for, in words.</param>
    public IReadOnlyList<ObjectManifest> Objects(JsonArray rules, string purpose)
    {
        // A token Secret that asks for its token works on every Kubernetes; those that come by themselves ended with 1.24.
        ObjectManifest token = ObjectManifest.Create(KubeResource.Secrets, Namespace, TokenName, Labels(), ("type", "kubernetes.io/service-account-token"));
        token.Manifest["metadata"]!["annotations"] = new JsonObject { ["kubernetes.io/service-account.name"] = Name };
        ObjectManifest account = ObjectManifest.Create(KubeResource.ServiceAccounts, Namespace, Name, Labels());
        account.Manifest["metadata"]!["annotations"] = new JsonObject { [Description] = purpose };
        return
        [
            account,
            ObjectManifest.Create(KubeResource.ClusterRoles, null, Name, Labels(), ("rules", rules.DeepClone())),
            ObjectManifest.Create(KubeResource.ClusterRoleBindings, null, Name, Labels(),
                ("roleRef", new JsonObject { ["apiGroup"] = KubeResource.ClusterRoles.Group, ["kind"] = KubeResource.ClusterRoles.Kind, ["name"] = Name }),
                ("subjects", new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = Name, ["namespace"] = Namespace }))),
            token,
        ];
    }

    public static JsonObject Labels()
    {
        var labels = new JsonObject();
        ObjectOwner.Mark(labels, PartOf);
        return labels;
    }

    /// <summary>What removes it by hand, on the remote cluster.</summary>
    public string Removal => $"kubectl delete clusterrolebinding,clusterrole {Name}; kubectl delete -n {Namespace} secret/{TokenName} serviceaccount/{Name}";

    /// <summary>Its token, if there is one yet.</summary>
    public async Task<RemoteToken?> TokenAsync(MeshCluster remote, CancellationToken cancel)
    {
        JsonObject? secret = await remote.Client.GetAsync(KubeResource.Secrets, Namespace, TokenName, cancel).ConfigureAwait(false);
        return (string?)secret?["data"]?["ca.crt"] is { Length: > 0 } authority && (string?)secret["data"]!["token"] is { Length: > 0 } token
            ? new RemoteToken(authority, token)
            : null;
    }

    /// <summary>Its token, once the controller manager has made it.</summary>
    /// <exception cref="MeshException">It did not come in time (<c>RemoteTokenMissing</c>).</exception>
    public async Task<RemoteToken> WaitForTokenAsync(MeshCluster remote, TimeSpan patience, IReporter reporter, CancellationToken cancel)
    {
        RemoteToken? token = null;
        bool came = await Polling.UntilAsync(async attempt =>
        {
            token = await TokenAsync(remote, attempt).ConfigureAwait(false);
            if (token is null)
                reporter.Progress($"Adding {remote.Name}", $"waiting for the token in Secret {Namespace}/{TokenName} on {remote.Server}");
            return token is not null;
        }, patience, cancel).ConfigureAwait(false);
        return came ? token! : throw new MeshException("RemoteTokenMissing", FailureKind.Timeout,
            $"{remote.Server} did not put a token into Secret {Namespace}/{TokenName} within {patience.TotalSeconds:0.#} s.",
            "The controller manager does that: see whether it runs, and whether the Secret is still there (it goes when its service account is not found). Then run the command again.", $"{Namespace}/{TokenName}");
    }

    /// <summary>Namespace and name.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}

/// <summary>A token, with what the server's certificate is checked with.</summary>
/// <param name="Authority">Certificate authority, in base64.</param>
/// <param name="Encoded">The token, in base64.</param>
internal sealed record RemoteToken(string Authority, string Encoded)
{
    public string Token => Encoding.UTF8.GetString(Convert.FromBase64String(Encoded));

    /// <summary>Nothing of it.</summary>
    public override string ToString() => "(a token)";
}
