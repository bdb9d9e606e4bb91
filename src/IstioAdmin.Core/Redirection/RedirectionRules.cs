using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection;

/// <summary>
/// The rules by which Istio redirects a pod's traffic, as tables: one row for each question that upstream's code asks.
/// <para>
/// Istio must redirect a pod (<see cref="RedirectionExpectation.Expected"/>) when the pod is part of the mesh and is to have its traffic taken,
/// by whichever way. The pod's specification tells the way, and each way has its own questions:
/// </para>
/// <list type="bullet">
/// <item><see cref="RedirectMethod.Ambient"/>: the pod is labelled or annotated for ambient mode and has no sidecar.</item>
/// <item><see cref="RedirectMethod.InitContainer"/>: there is an init container <c>istio-init</c>. It writes the rules whatever the CNI plugin
/// would say, so the plugin's questions, <c>exclude_namespaces</c> among them, are not asked.</item>
/// <item><see cref="RedirectMethod.Cni"/>: everything else; the plugin's own questions, in its order.
/// A pod that fails one is redirected by nothing, <see cref="RedirectMethod.None"/>.</item>
/// </list>
/// <para>A pod that has ended (Succeeded, Failed) has no network namespace left: it keeps its method, but nothing is expected of it.</para>
/// </summary>
public static class RedirectionRules
{
    private static readonly IstioRelease LabelOverAnnotation = new(1, 16);
    private static readonly IstioRelease ProxyByName = new(1, 19);

    private static readonly RedirectionRule[] Always =
    [
        new("NotTerminated", Upstream.TerminalPhase, RedirectionQuestions.NotTerminated) { DecidesMethod = false },
        new("NotHostNetwork", Upstream.Injector, RedirectionQuestions.NotHostNetwork),
    ];

    private static readonly RedirectionRule[] ByCni =
    [
        .. Always,
        new("NamespaceNotExcluded", Upstream.Plugin, RedirectionQuestions.NamespaceNotExcluded),
        new("NoIstioInit", Upstream.Plugin, RedirectionQuestions.NoIstioInit) { Since = new(1, 4) },
        new("EnvoyEnabled", Upstream.Plugin, RedirectionQuestions.EnvoyEnabled) { Since = new(1, 11) },
        // The first generation's code counts containers and trusts the injector's annotation; its README names the container.
        new("SidecarPresent", Upstream.PluginReadme, RedirectionQuestions.ProxyContainerPresent) { Before = ProxyByName },
        new("MoreThanOneContainer", Upstream.Plugin, RedirectionQuestions.MoreThanOneContainer) { Before = ProxyByName },
        new("SidecarPresent", Upstream.Plugin, RedirectionQuestions.ProxyPresent) { Since = ProxyByName },
        new("ProxyTypeIsSidecar", Upstream.Plugin, RedirectionQuestions.ProxyTypeIsSidecar) { Since = ProxyByName },
        new("InjectNotDisabled", Upstream.Plugin, RedirectionQuestions.AnnotationNotFalse) { Before = LabelOverAnnotation },
        new("InjectNotDisabled", Upstream.Plugin, RedirectionQuestions.LabelOrAnnotationNotFalse) { Since = LabelOverAnnotation },
        new("StatusAnnotationPresent", Upstream.Plugin, RedirectionQuestions.StatusAnnotationPresent),
        // NONE is the injector's: its template then leaves out istio-init. The plugin of 1.1 takes REDIRECT for any mode that it does
        // not know, later ones refuse.
        new("InterceptionModeRedirects", Upstream.InjectionTemplate, RedirectionQuestions.InterceptionModeNotNone) { Before = new(1, 2) },
        new("InterceptionModeRedirects", Upstream.PluginRedirect, RedirectionQuestions.InterceptionModeKnown) { Since = new(1, 2) },
    ];

    private static readonly RedirectionRule[] ByInitContainer =
    [
        .. Always,
        new("SidecarPresent", Upstream.InjectionTemplate, RedirectionQuestions.ProxyPresent) { DecidesMethod = false },
        new("IstioInitPresent", Upstream.InjectionTemplate, RedirectionQuestions.IstioInitPresent),
    ];

    private static readonly RedirectionRule[] ByAmbient =
    [
        new("NotTerminated", Upstream.TerminalPhase, RedirectionQuestions.NotTerminated) { DecidesMethod = false },
        new("NotHostNetwork", Upstream.EnablementSelector, RedirectionQuestions.NotHostNetwork),
        new("NamespaceNotExcluded", Upstream.Plugin, RedirectionQuestions.NamespaceNotExcluded),
        new("NoSidecar", Upstream.EnablementSelector, RedirectionQuestions.NoStatusAnnotation),
        new("AmbientSelected", Upstream.EnablementSelector, RedirectionQuestions.AmbientSelected),
    ];

    /// <summary>Judges one pod.</summary>
    public static RedirectionExpectation Judge(RedirectionFacts pod, RedirectionContext context)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(context);
        (RedirectMethod method, RedirectionRule[] rules) = pod switch
        {
            { IsAmbient: true } => (RedirectMethod.Ambient, ByAmbient),
            { HasIstioInit: true } => (RedirectMethod.InitContainer, ByInitContainer),
            _ => (RedirectMethod.Cni, ByCni),
        };
        var conditions = new List<RedirectionCondition>(rules.Length);
        bool expected = true;
        foreach (RedirectionRule rule in rules.Where(rule => rule.HoldsIn(context.Release)))
        {
            RedirectionAnswer answer = rule.Ask(pod, context);
            conditions.Add(new(rule.Name, answer.Met, answer.Value, rule.Source(context.Release)));
            expected &= answer.Met;
            if (!answer.Met && rule.DecidesMethod)
                method = RedirectMethod.None;
        }
        return new(method, expected, conditions.ToArray());
    }
}
