using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Redirection;
using IstioAdmin.Core.Redirection.Policies;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Mesh;

/// <summary>A pod as the mesh sees it: what is in it, whether Istio must redirect its traffic, how, and why.</summary>
public sealed record MeshPod
{
    private V1Pod? _resource;

    /// <summary>Name of the connected cluster that the pod was listed from.</summary>
    public required string Cluster { get; init; }

    /// <summary>Namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>The object's uid.</summary>
    public string? Uid { get; init; }

    /// <summary>The node it runs on; null while it is not scheduled.</summary>
    public string? Node { get; init; }

    /// <summary>Phase: Pending, Running, Succeeded, Failed or Unknown; null when the pod has no status yet.</summary>
    public string? Phase { get; init; }

    /// <summary>Addresses of the pod, the primary one first.</summary>
    public IReadOnlyList<string> PodIPs { get; init; } = [];

    /// <summary>The controller that made it; null for a pod that was made by hand and for static pods.</summary>
    public PodOwner? Owner { get; init; }

    /// <summary>Names of its containers, in the specification's order.</summary>
    public IReadOnlyList<string> Containers { get; init; } = [];

    /// <summary>Names of its init containers, in the specification's order; native sidecars are among them.</summary>
    public IReadOnlyList<string> InitContainers { get; init; } = [];

    /// <summary>
    /// Whether a sidecar was injected: there is a proxy, as a container or as a native sidecar, that does not serve as a gateway, and the
    /// injector left its annotation <c>sidecar.istio.io/status</c>.
    /// </summary>
    public bool Injected { get; init; }

    /// <summary>How its traffic is redirected, as its specification tells; a pod that has ended keeps the method it had.</summary>
    public RedirectMethod RedirectMethod { get; init; }

    /// <summary>Whether Istio must redirect its traffic: all of <see cref="RedirectionConditions"/> are met.</summary>
    public bool RedirectionExpected { get; init; }

    /// <summary>
    /// One entry for each condition that decides <see cref="RedirectionExpected"/>, in the order in which they are asked.
    /// Which conditions these are depends on the way of redirection and on the release; see <see cref="RedirectionRules"/>.
    /// </summary>
    public IReadOnlyList<RedirectionCondition> RedirectionConditions { get; init; } = [];

    /// <summary>Names of the containers, init containers among them, that ask for NET_ADMIN (or ALL) or run privileged.</summary>
    public IReadOnlyList<string> NetAdmin { get; init; } = [];

    /// <summary>Version of its proxy, from the image's tag; null when there is none or the tag is no version.</summary>
    public string? IstioVersion { get; init; }

    /// <summary>Whether its Ready condition is true.</summary>
    public bool Ready { get; init; }

    /// <summary>The labels that meshes look at: those of <c>istio.io</c> and its subdomains, and the common names of app and version.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = EmptyMap;

    /// <summary>Its annotations of <c>istio.io</c> and its subdomains, such as <c>traffic.sidecar.istio.io/excludeInboundPorts</c>.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyMap;

    /// <summary>
    /// Ids of its containers and init containers by name, as the runtime on the node gave them: <c>containerd://4f1c…</c>. One that has not been
    /// started yet is missing; one that was restarted has its latest id.
    /// </summary>
    public IReadOnlyDictionary<string, string> ContainerIds { get; init; } = EmptyMap;

    /// <summary>What its specification says, besides the annotations, of how its traffic is redirected.</summary>
    public PodTrafficFacts Traffic { get; init; } = PodTrafficFacts.None;

    /// <summary>
    /// The complete object. It is fetched from the cluster the first time it is asked for and kept from then on, so asking every pod of a
    /// long list makes as many requests; list with <see cref="PodSelection.Full"/> for that.
    /// </summary>
    /// <exception cref="MeshException">The pod has been deleted meanwhile (<c>PodGone</c>), or the request failed.</exception>
    public V1Pod Resource => _resource ?? Task.Run(() => GetResourceAsync(CancellationToken.None)).GetAwaiter().GetResult();

    /// <summary>The client of the cluster that the pod was listed from.</summary>
    internal KubeClient? Client { get; init; }

    /// <summary>The complete object, where the listing brought it along.</summary>
    internal V1Pod? FullResource { init => _resource = value; }

    internal static IReadOnlyDictionary<string, string> EmptyMap { get; } = new Dictionary<string, string>().AsReadOnly();

    /// <summary>The complete object; see <see cref="Resource"/>.</summary>
    /// <exception cref="MeshException">The pod has been deleted meanwhile (<c>PodGone</c>), or the request failed.</exception>
    public async Task<V1Pod> GetResourceAsync(CancellationToken cancel)
    {
        if (_resource is { } known)
            return known;
        if (Client is null)
        {
            throw new MeshException("PodNotListed", FailureKind.InvalidInput, $"Pod {this} was not listed from a cluster, so its complete object is not known.",
                "List it with Get-MeshPod.", this);
        }

        KubeSubject about = KubeResource.Pods.Subject("get", Namespace, Name);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(KubeResource.Pods.Path(Namespace, Name), UriKind.Relative));
        V1Pod pod;
        try
        {
            using HttpResponseMessage response = await Client.SendAsync(request, about, cancel).ConfigureAwait(false);
            using var body = new MemoryStream(await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false));
            pod = KubernetesJson.Deserialize<V1Pod>(body);
        }
        catch (MeshException e) when (e.Kind == FailureKind.NotFound)
        {
            throw Gone("has been deleted since it was listed", e);
        }
        catch (Exception e) when (e is not (MeshException or OperationCanceledException))
        {
            throw KubeFailure.From(e, Client, about);
        }
        if (Uid is not null && pod.Metadata?.Uid is { } uid && uid != Uid)
            throw Gone("has been replaced by another pod of the same name since it was listed", null);
        return _resource = pod;
    }

    /// <summary>The name, with its namespace.</summary>
    public override string ToString() => $"{Namespace}/{Name}";

    private MeshException Gone(string what, Exception? cause) =>
        new("PodGone", FailureKind.NotFound, $"{Client!.Endpoint.Server}: pod {this} {what}.", "List the pods again.", this, cause);
}
