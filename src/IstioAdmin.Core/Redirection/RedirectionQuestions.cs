namespace IstioAdmin.Core.Redirection;

/// <summary>The questions of <see cref="RedirectionRules"/>, each with the value that decided in words for the person at the prompt.</summary>
internal static class RedirectionQuestions
{
    public static RedirectionAnswer NotTerminated(RedirectionFacts pod, RedirectionContext context) => pod.Phase switch
    {
        "Succeeded" or "Failed" => new(false, $"phase {pod.Phase}: its network namespace is gone"),
        null => new(true, "no phase yet"),
        _ => new(true, $"phase {pod.Phase}"),
    };

    public static RedirectionAnswer NotHostNetwork(RedirectionFacts pod, RedirectionContext context) => pod.HostNetwork
        ? new(false, "hostNetwork: the pod has the node's network namespace")
        : new(true, "the pod has its own network namespace");

    public static RedirectionAnswer NamespaceNotExcluded(RedirectionFacts pod, RedirectionContext context) => context.ExcludedNamespaces switch
    {
        null => new(true, $"namespace {pod.Namespace}; the plugin's exclude_namespaces is not known"),
        [] => new(true, $"namespace {pod.Namespace}; exclude_namespaces is empty"),
        { } excluded when excluded.Contains(pod.Namespace) => new(false, $"namespace {pod.Namespace} is in exclude_namespaces"),
        { } excluded => new(true, $"namespace {pod.Namespace} is not in exclude_namespaces ({string.Join(", ", excluded)})"),
    };

    // With the init container the pod is judged by another table; what is left for this one is a plain container of that name.
    public static RedirectionAnswer NoIstioInit(RedirectionFacts pod, RedirectionContext context) => pod.Containers.Contains(IstioNames.InitContainer)
        ? new(false, "a container is named istio-init")
        : new(true, "no container istio-init");

    public static RedirectionAnswer IstioInitPresent(RedirectionFacts pod, RedirectionContext context) => pod.HasIstioInit
        ? new(true, "init container istio-init")
        : new(false, "no init container istio-init");

    public static RedirectionAnswer EnvoyEnabled(RedirectionFacts pod, RedirectionContext context) => pod.DisableEnvoy switch
    {
        null => new(true, "DISABLE_ENVOY is not set"),
        { } text when GoBoolean.TryParse(text, out bool disabled) => new(!disabled, $"DISABLE_ENVOY={text}"),
        { } text => new(true, $"DISABLE_ENVOY={Quote(text)} is no boolean and is ignored"),
    };

    public static RedirectionAnswer ProxyContainerPresent(RedirectionFacts pod, RedirectionContext context) => pod.HasProxyContainer
        ? new(true, "container istio-proxy")
        : new(false, $"no container istio-proxy among {Names(pod.Containers)}");

    public static RedirectionAnswer ProxyPresent(RedirectionFacts pod, RedirectionContext context) => pod switch
    {
        { HasProxyContainer: true } => new(true, "container istio-proxy"),
        { HasNativeProxy: true } => new(true, "init container istio-proxy (native sidecar)"),
        _ => new(false, $"no container istio-proxy among {Names(pod.Containers)}"),
    };

    public static RedirectionAnswer MoreThanOneContainer(RedirectionFacts pod, RedirectionContext context) =>
        new(pod.Containers.Count > 1, pod.Containers.Count == 1 ? "1 container" : $"{pod.Containers.Count} containers");

    public static RedirectionAnswer ProxyTypeIsSidecar(RedirectionFacts pod, RedirectionContext context) => pod.ProxyType switch
    {
        null or "" => new(true, "the proxy's arguments name no type"),
        { } type => new(type == "sidecar", $"proxy type {type}"),
    };

    public static RedirectionAnswer AnnotationNotFalse(RedirectionFacts pod, RedirectionContext context) => pod.InjectAnnotation is { } text
        ? NotFalse("annotation", text)
        : new(true, $"no annotation {IstioNames.Inject}");

    public static RedirectionAnswer LabelOrAnnotationNotFalse(RedirectionFacts pod, RedirectionContext context) => (pod.InjectLabel, pod.InjectAnnotation) switch
    {
        // The label wins by being there, even when it is empty.
        ({ } label, _) => NotFalse("label", label),
        (null, { } annotation) => NotFalse("annotation", annotation),
        _ => new(true, $"neither label nor annotation {IstioNames.Inject}"),
    };

    public static RedirectionAnswer StatusAnnotationPresent(RedirectionFacts pod, RedirectionContext context) => pod.HasStatusAnnotation
        ? new(true, $"annotation {IstioNames.Status}")
        : new(false, $"no annotation {IstioNames.Status}: the injector has not been here");

    public static RedirectionAnswer NoStatusAnnotation(RedirectionFacts pod, RedirectionContext context) => pod.HasStatusAnnotation
        ? new(false, $"annotation {IstioNames.Status}: the pod has a sidecar")
        : new(true, $"no annotation {IstioNames.Status}");

    public static RedirectionAnswer InterceptionModeNotNone(RedirectionFacts pod, RedirectionContext context) => pod.InterceptionMode switch
    {
        null or "" => new(true, "interception mode is the default, REDIRECT"),
        "NONE" => new(false, "interception mode NONE"),
        "REDIRECT" or "TPROXY" => new(true, $"interception mode {pod.InterceptionMode}"),
        { } mode => new(true, $"interception mode {Quote(mode)} is not known and taken for REDIRECT"),
    };

    public static RedirectionAnswer InterceptionModeKnown(RedirectionFacts pod, RedirectionContext context) => pod.InterceptionMode switch
    {
        null => new(true, "interception mode is the default, REDIRECT"),
        "REDIRECT" or "TPROXY" => new(true, $"interception mode {pod.InterceptionMode}"),
        "NONE" => new(false, "interception mode NONE"),
        { } mode => new(false, $"interception mode {Quote(mode)} is not known and refused"),
    };

    public static RedirectionAnswer AmbientSelected(RedirectionFacts pod, RedirectionContext context) => (pod.AmbientRedirection, pod.DataplaneMode) switch
    {
        ({ } annotation, _) => new(true, $"annotation {IstioNames.AmbientRedirection}={annotation}"),
        (null, { } label) => new(label == "ambient", $"label {IstioNames.DataplaneMode}={label}; the node's agent has not annotated the pod yet"),
        _ => new(false, $"neither label {IstioNames.DataplaneMode} nor annotation {IstioNames.AmbientRedirection}"),
    };

    private static RedirectionAnswer NotFalse(string where, string text) => GoBoolean.TryParse(text, out bool enabled)
        ? new(enabled, $"{where} {IstioNames.Inject}={text}")
        : new(true, $"{where} {IstioNames.Inject}={Quote(text)} is no boolean and is ignored");

    private static string Names(IReadOnlyList<string> containers) => containers.Count == 0 ? "none at all" : string.Join(", ", containers);

    private static string Quote(string text) => $"'{text}'";
}
