using System.Runtime.CompilerServices;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection;
using IstioAdmin.Core.Redirection.Repair;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Health;

/// <summary>Checks pods. They are listed once, when the first check needs them.</summary>
internal sealed class PodChecks
{
    private readonly MeshCluster _cluster;
    private readonly MeshTestOptions _options;
    private readonly IReporter _reporter;
    private IReadOnlyList<MeshPod>? _pods;

    public PodChecks(MeshCluster cluster, MeshTestOptions options, IReporter reporter) => (_cluster, _options, _reporter) = (cluster, options, reporter);

    /// <summary>Whether labelled namespaces have pods without a sidecar.</summary>
    public async IAsyncEnumerable<MeshCheck> InjectedAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        CheckDefinition check = HealthChecks.NamespacesInjected;
        KubeClient client = _cluster.Client;
        V1NamespaceList list = await client.CallAsync(
            () => client.Api.CoreV1.ListNamespaceAsync(cancellationToken: cancel), KubeResource.Namespaces.Subject("list"), cancel).ConfigureAwait(false);
        Dictionary<string, string> labelled = list.Items.Select(item => (item.Metadata.Name, Label: InjectionLabel(item))).Where(pair => pair.Label is not null).ToDictionary(pair => pair.Name, pair => pair.Label!);
        if (labelled.Count == 0)
        {
            yield return check.Skip(_cluster.Name, null, "No namespace is labelled for injection.", "Label those whose pods belong to the mesh, with istio-injection=enabled or istio.io/rev.");
            yield break;
        }
        ILookup<string, MeshPod> bare = (await PodsAsync(cancel).ConfigureAwait(false)).Where(pod => labelled.ContainsKey(pod.Namespace) && LacksSidecar(pod)).ToLookup(pod => pod.Namespace);
        foreach ((string ns, string label) in labelled.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            string[] names = [.. bare[ns].Select(pod => pod.Name)];
            yield return names.Length == 0
                ? check.Pass(_cluster.Name, ns, $"Labelled {label}; every pod that is to have a sidecar has one.")
                : check.Fail(_cluster.Name, ns, $"Labelled {label}, but {Names.Count(names.Length, "pod")} without sidecar: {Names.List(names)}.",
                    "They are older than the label, or the injector did not answer when they were created. Restart-MeshWorkload makes them anew.");
        }
    }

    /// <summary>Readiness, versions, and istio-init beside CNI.</summary>
    public async IAsyncEnumerable<MeshCheck> MakeAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        IReadOnlyList<MeshPod> pods = await PodsAsync(cancel).ConfigureAwait(false);
        MeshPod[] expected = [.. pods.Where(pod => pod.RedirectionExpected)];
        string[] unready = [.. expected.Where(pod => !pod.Ready).Select(pod => pod.ToString())];
        CheckDefinition ready = HealthChecks.PodsReady;
        yield return expected.Length == 0 ? ready.Skip(_cluster.Name, null, "No pod of the cluster has traffic that must be redirected.")
            : unready.Length == 0 ? ready.Pass(_cluster.Name, null, $"{Names.Count(expected.Length, "pod")}, each ready.")
            : ready.Warn(_cluster.Name, null, $"{unready.Length} of {expected.Length} are not ready: {Names.List(unready)}.", "See what they say with kubectl describe; a pod whose rules are missing often fails in istio-validation.");
        yield return Versions(expected);
        yield return WithInit(pods);
    }

    /// <summary>What the test of pods' redirection says, in short.</summary>
    public async IAsyncEnumerable<MeshCheck> RedirectedAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        CheckDefinition check = HealthChecks.PodsRedirected;
        if (_options.SkipRedirection)
            yield break;
        if (_options.Redirection is null)
        {
            yield return check.Skip(_cluster.Name, null, "The redirection of pods was not tested.", "Get-MeshPod | Test-PodRedirection tests it.");
            yield break;
        }
        MeshPod[] expected = [.. (await PodsAsync(cancel).ConfigureAwait(false)).Where(pod => pod.RedirectionExpected)];
        if (expected.Length == 0)
        {
            yield return check.Skip(_cluster.Name, null, "No pod of the cluster has traffic that must be redirected.");
            yield break;
        }
        IReadOnlyList<BrokenPod> tested = await _options.Redirection(expected, cancel).ConfigureAwait(false);
        int good = tested.Count(pod => pod.IsSound);
        if (good > 0)
            yield return check.Pass(_cluster.Name, null, $"{good} of {Names.Count(expected.Length, "pod")}: everything that must be redirected is.");
        foreach (IGrouping<RedirectionVerdict?, BrokenPod> same in tested.Where(pod => !pod.IsSound).GroupBy(pod => pod.Verdict))
        {
            string message = $"{same.Key}: {Names.Count(same.Count(), "pod")}: {Names.List([.. same.Select(pod => pod.Pod.ToString())])}.";
            yield return same.Key is null or RedirectionVerdict.Unverified
                ? check.Warn(_cluster.Name, null, message, "Test-PodRedirection tells what could not be read.")
                : check.Fail(_cluster.Name, null, message, "Test-PodRedirection shows what escapes; Repair-PodRedirection restarts what a restart helps.");
        }
    }

    private MeshCheck Versions(MeshPod[] expected)
    {
        CheckDefinition check = HealthChecks.ProxyVersion;
        IstioRelease[] planes = [.. _cluster.Istio.Select(istio => IstioRelease.TryParse(istio.Version, out IstioRelease release) ? release : (IstioRelease?)null).OfType<IstioRelease>()];
        (MeshPod Pod, IstioRelease Release)[] proxies = [.. expected.Where(pod => IstioRelease.TryParse(pod.IstioVersion, out _)).Select(pod =>
        {
            _ = IstioRelease.TryParse(pod.IstioVersion, out IstioRelease release);
            return (pod, release);
        })];
        if (planes.Length == 0 || proxies.Length == 0)
            return check.Skip(_cluster.Name, null, planes.Length == 0 ? "The control plane's version is not known." : "No sidecar tells its version.");
        string[] odd = [.. proxies.Where(proxy => !planes.Any(plane => IsSupported(proxy.Release, plane)))
            .GroupBy(proxy => proxy.Release).OrderBy(group => group.Key)
            .Select(group => $"{group.Key} in {Names.Count(group.Count(), "pod")} ({Names.List([.. group.Select(proxy => proxy.Pod.ToString())])})")];
        string running = string.Join(", ", planes.Order().Distinct());
        return odd.Length == 0
            ? check.Pass(_cluster.Name, null, $"Control plane {running}; sidecars {string.Join(", ", proxies.Select(proxy => proxy.Release).Order().Distinct())}.")
            : check.Warn(_cluster.Name, null, $"Control plane {running}; sidecars {string.Join("; ", odd)}.", "Restart-MeshWorkload gives pods the sidecar of the control plane that injects them now.");
    }

    private MeshCheck WithInit(IReadOnlyList<MeshPod> pods)
    {
        CheckDefinition check = HealthChecks.NoIstioInit;
        if (!_cluster.Istio.Any(istio => istio.CniEnabled == true))
            return check.Skip(_cluster.Name, null, "The CNI plugin is not on.");
        string[] withInit = [.. pods.Where(pod => pod is { RedirectMethod: RedirectMethod.InitContainer, Phase: not ("Succeeded" or "Failed") }).Select(pod => pod.ToString())];
        return withInit.Length == 0
            ? check.Pass(_cluster.Name, null, "No pod has istio-init.")
            : check.Warn(_cluster.Name, null, $"{Names.Count(withInit.Length, "pod")} with istio-init, which needs NET_ADMIN: {Names.List(withInit)}.",
                "They were injected before the plugin was turned on, or by another revision. Restart-MeshWorkload makes them anew.");
    }

    // A data plane may be as old as the release before the control plane's, and never newer.
    private static bool IsSupported(IstioRelease proxy, IstioRelease plane) => proxy.Major == plane.Major && plane.Minor - proxy.Minor is 0 or 1;

    private static bool LacksSidecar(MeshPod pod) =>
        !pod.Injected
        && pod.Phase is not ("Succeeded" or "Failed")
        && pod.RedirectMethod != RedirectMethod.Ambient
        // A proxy without the injector's annotation was put there by hand: a gateway, or istioctl kube-inject.
        && !pod.Containers.Contains(IstioNames.ProxyContainer) && !pod.InitContainers.Contains(IstioNames.ProxyContainer)
        && !pod.RedirectionConditions.Any(condition => condition is { Name: "NotHostNetwork", Met: false })
        && (pod.Labels.GetValueOrDefault(IstioNames.Inject) ?? pod.Annotations.GetValueOrDefault(IstioNames.Inject)) is not ("false" or "False" or "FALSE" or "f" or "0" or "no" or "off" or "n");

    private static string? InjectionLabel(V1Namespace ns) => ns.Metadata.Labels switch
    {
        { } labels when labels.TryGetValue("istio-injection", out string? injection) => injection == "enabled" ? "istio-injection=enabled" : null,
        { } labels when labels.TryGetValue(IstioNames.Revision, out string? revision) => $"{IstioNames.Revision}={revision}",
        _ => null,
    };

    private async Task<IReadOnlyList<MeshPod>> PodsAsync(CancellationToken cancel)
    {
        if (_pods is { } known)
            return known;
        List<MeshPod> pods = [];
        await foreach (MeshPod pod in MeshPods.ListAsync(_cluster, new PodSelection(), _reporter, cancel).ConfigureAwait(false))
            pods.Add(pod);
        return _pods = pods;
    }
}
