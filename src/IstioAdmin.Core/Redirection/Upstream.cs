using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection;

/// <summary>
/// Where a rule is to be read upstream. Files moved over the years, so the place depends on the release:
/// the plugin lived in its own repository until 1.6.
/// </summary>
internal static class Upstream
{
    public static string Plugin(IstioRelease? release) => release switch
    {
        { } r when r < new IstioRelease(1, 7) => $"istio/cni release-{r}: cmd/istio-cni/main.go",
        { } r when r < new IstioRelease(1, 11) => $"istio/istio release-{r}: cni/cmd/istio-cni/main.go",
        _ => Istio(release, "cni/pkg/plugin/plugin.go"),
    };

    public static string PluginReadme(IstioRelease? release) => release switch
    {
        { } r when r < new IstioRelease(1, 7) => $"istio/cni release-{r}: README.md (plugin logic)",
        _ => Istio(release, "cni/README.md"),
    };

    public static string PluginRedirect(IstioRelease? release) => release switch
    {
        { } r when r < new IstioRelease(1, 7) => $"istio/cni release-{r}: cmd/istio-cni/redirect.go",
        { } r when r < new IstioRelease(1, 11) => $"istio/istio release-{r}: cni/cmd/istio-cni/redirect.go",
        { } r when r < new IstioRelease(1, 21) => Istio(release, "cni/pkg/plugin/redirect.go"),
        _ => Istio(release, "cni/pkg/plugin/sidecar_redirect.go"),
    };

    public static string Injector(IstioRelease? release) => release switch
    {
        { } r when r < new IstioRelease(1, 4) => Istio(release, "pilot/pkg/kube/inject/inject.go"),
        _ => Istio(release, "pkg/kube/inject/inject.go"),
    };

    public static string InjectionTemplate(IstioRelease? release) => release switch
    {
        { } r when r < new IstioRelease(1, 2) => Istio(release, "install/kubernetes/helm/istio/templates/sidecar-injector-configmap.yaml"),
        { } r when r < new IstioRelease(1, 6) => Istio(release, "install/kubernetes/helm/istio/files/injection-template.yaml"),
        _ => Istio(release, "manifests/charts/istio-control/istio-discovery/files/injection-template.yaml"),
    };

    /// <summary>The program that writes a sidecar's rules.</summary>
    public static string Rules(IstioRelease? release) => release switch
    {
        { } r when r < new IstioRelease(1, 2) => $"istio/cni release-{r}: tools/deb/istio-iptables.sh",
        { } r when r < new IstioRelease(1, 5) => Istio(release, "tools/packaging/common/istio-iptables.sh"),
        { } r when r < new IstioRelease(1, 12) => Istio(release, "tools/istio-iptables/pkg/cmd/run.go"),
        _ => Istio(release, "tools/istio-iptables/pkg/capture/run.go"),
    };

    public static string EnablementSelector(IstioRelease? release) => release switch
    {
        { } r when r < new IstioRelease(1, 21) => Istio(release, "cni/pkg/ambient"),
        { } r when r < new IstioRelease(1, 27) => Istio(release, "cni/pkg/util/podutil.go"),
        _ => Istio(release, "cni/pkg/util/enablement_selector.go"),
    };

    /// <summary>The plugin asks nothing about the phase; Istio's own test for a pod that has ended is this one.</summary>
    public static string TerminalPhase(IstioRelease? release) => Istio(null, "pkg/kube/util.go");

    private static string Istio(IstioRelease? release, string file) =>
        release is { } r ? $"istio/istio release-{r}: {file}" : $"istio/istio: {file}";
}
