using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Mesh.Injection;

/// <summary>Switches the injection of sidecars on and off for namespaces, by their labels.</summary>
/// <remarks>Labels: istio/istio <c>manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml</c>; istio/api <c>label</c>.</remarks>
public static class NamespaceLabels
{
    /// <summary>Injection by the default revision.</summary>
    public const string Injection = "istio-injection";

    /// <summary>Injection by a revision.</summary>
    public const string Revision = "istio.io/rev";

    /// <summary>By which Banzai Cloud's operator knows the namespaces that its resource lists.</summary>
    public const string Managed = "istio-operator-managed-injection";

    /// <summary>
    /// Namespaces in which injectors inject nothing, whatever their labels, though the API server asks the webhook about their pods (istio/istio
    /// <c>pkg/kube/inject/inject.go</c>, IgnoredNamespaces; release-1.1 <c>pilot/pkg/kube/inject/webhook.go</c>).
    /// </summary>
    private static readonly string[] Ignored = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

    /// <summary>Thinks a change through. Nothing changes.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="order">What is wanted.</param>
    /// <param name="reporter">Warned of what makes the labels void.</param>
    /// <param name="cancel">Cancels the requests.</param>
    /// <exception cref="MeshException">
    /// The namespace is not there (<c>NamespaceNotFound</c>), is one that injectors leave alone (<c>NamespaceIgnored</c>), an operator's resource decides over it (<c>InjectionManaged</c>), its labels ask for another
    /// revision (<c>InjectionConflict</c>), or there is no such revision (<c>RevisionNotFound</c>).
    /// </exception>
    public static async Task<InjectionPlan> PlanAsync(MeshCluster cluster, string ns, InjectionOrder order, IReporter reporter, CancellationToken cancel)
    {
        JsonObject found = await cluster.Client.GetAsync(KubeResource.Namespaces, null, ns, cancel).ConfigureAwait(false) ?? throw new MeshException("NamespaceNotFound", FailureKind.NotFound,
            $"{cluster.Server} has no namespace {ns}.", $"Check the name, or create the namespace first: kubectl create namespace {ns}.", ns);
        string? injection = Label(found, Injection);
        string? revision = Label(found, Revision);
        if (Label(found, Managed) == "enabled" && (!order.Enable || order.Revision is not null))
            throw ManagedBy(cluster, ns, order);
        var labels = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (!order.Enable)
        {
            // No label at all, rather than istio-injection=disabled: a mesh that injects everywhere by default is rare, and has its own switch.
            if (injection == "enabled")
                labels[Injection] = null;
            if (revision is not null)
                labels[Revision] = null;
            return Plan(found, ns, order, labels);
        }
        if (Ignored.Contains(ns) && !order.Force)
        {
            throw new MeshException("NamespaceIgnored", FailureKind.Conflict,
                $"Injectors inject nothing into namespace {ns} on {cluster.Server}, whatever its labels; labelled, its new pods are refused while the injector does not answer.",
                "Keep workloads of the mesh in other namespaces; -Force labels it all the same.", ns);
        }
        await RequireRevisionAsync(cluster, order, reporter, cancel).ConfigureAwait(false);
        (string label, string value, string other) = order.Revision is { } wanted ? (Revision, wanted, Injection) : (Injection, "enabled", Revision);
        string? current = order.Revision is null ? injection : revision;
        string? opposing = order.Revision is null ? revision : injection;
        // istio-injection wins over istio.io/rev wherever both stand, so a revision beside it is void.
        if (opposing is not null)
        {
            if (!order.Force)
                throw Conflict(cluster, ns, $"{other}={opposing}", $"{label}={value}");
            labels[other] = null;
        }
        if (current is not null && current != value && !order.Force)
            throw Conflict(cluster, ns, $"{label}={current}", $"{label}={value}");
        if (current != value)
            labels[label] = value;
        return Plan(found, ns, order, labels);
    }

    /// <summary>Makes the change, and lists the pods that do not know of it yet.</summary>
    /// <exception cref="MeshException">The server refused, or somebody changed the namespace in the meantime.</exception>
    public static async Task<NamespaceInjection> RunAsync(MeshCluster cluster, InjectionPlan plan, IReporter reporter, CancellationToken cancel)
    {
        if (plan.Writes)
            await PatchAsync(cluster, plan, cancel).ConfigureAwait(false);
        return new NamespaceInjection
        {
            Cluster = cluster.Name,
            Namespace = plan.Namespace,
            Enabled = plan.Order.Enable,
            Revision = plan.Order.Enable ? plan.Order.Revision : null,
            Changed = plan.Writes,
            PodsToRestart = await PodsAsync(cluster, plan, reporter, cancel).ConfigureAwait(false),
        };
    }

    private static InjectionPlan Plan(JsonObject found, string ns, InjectionOrder order, Dictionary<string, string?> labels) =>
        new() { Namespace = ns, Order = order, Labels = labels, SeenVersion = found.Metadata("resourceVersion") };

    // A merge patch: to take away a label that somebody else applied is what was asked for, and apply cannot.
    private static async Task PatchAsync(MeshCluster cluster, InjectionPlan plan, CancellationToken cancel)
    {
        var metadata = new JsonObject { ["labels"] = new JsonObject(plan.Labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))) };
        if (plan.SeenVersion is { } seen)
            metadata["resourceVersion"] = seen;
        await cluster.Client.MergePatchAsync(KubeResource.Namespaces, null, plan.Namespace, new JsonObject { ["metadata"] = metadata }, cancel).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<string>> PodsAsync(MeshCluster cluster, InjectionPlan plan, IReporter reporter, CancellationToken cancel)
    {
        List<string> pods = [];
        try
        {
            await foreach (MeshPod pod in MeshPods.ListAsync(cluster, new PodSelection { Namespace = plan.Namespace }, reporter, cancel).ConfigureAwait(false))
            {
                bool has = pod.Containers.Contains("istio-proxy") || pod.InitContainers.Contains("istio-proxy");
                // Injected by another revision counts as well; which one is not to be told from all versions' pods.
                if (has != plan.Order.Enable)
                    pods.Add(pod.Name);
            }
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            reporter.Warn($"Which pods of namespace {plan.Namespace} have to be restarted could not be found out: {e.Advice}");
        }
        return pods;
    }

    private static async Task RequireRevisionAsync(MeshCluster cluster, InjectionOrder order, IReporter reporter, CancellationToken cancel)
    {
        IReadOnlyList<string> known;
        try
        {
            known = await InjectorRevisions.FindAsync(cluster, cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            reporter.Detail($"Whether an injector answers to the label could not be checked: {e.Message}");
            return;
        }
        string wanted = order.Revision ?? InjectorRevisions.Default;
        if (known.Contains(wanted))
            return;
        string others = known.Count == 0 ? "There is no injector in this cluster at all" : $"Injectors answer to {string.Join(", ", known)}";
        if (order.Force)
        {
            reporter.Warn($"No injector of {cluster.Server} answers to revision {wanted}: nothing will be injected until one does. {others}.");
            return;
        }
        throw new MeshException("RevisionNotFound", FailureKind.NotFound, $"No injector of {cluster.Server} answers to {(order.Revision is null ? $"{Injection}=enabled" : $"revision {wanted}")}. {others}.",
            known.Count == 0 ? "Create a mesh first (New-IstioMesh), or use -Force to label the namespace all the same." : $"Name one of them with -Revision, or use -Force to label the namespace all the same.", wanted);
    }

    private static MeshException ManagedBy(MeshCluster cluster, string ns, InjectionOrder order) => new("InjectionManaged", FailureKind.Conflict,
        $"Namespace {ns} on {cluster.Server} has the label {Managed}: an Istio resource lists it in autoInjectionNamespaces, and its operator would put the labels back at its next round.",
        $"Take it off the list: Set-IstioMesh -AutoInjectionNamespace with the namespaces that shall stay{(order.Enable ? "; then label it" : "")}.", ns);

    private static MeshException Conflict(MeshCluster cluster, string ns, string has, string wanted) => new("InjectionConflict", FailureKind.Conflict,
        has == $"{Injection}=disabled"
            ? $"Namespace {ns} on {cluster.Server} has the label {has}: somebody has taken it out of the mesh."
            : $"Namespace {ns} on {cluster.Server} has the label {has}, which contradicts {wanted}: with both, {Injection} decides and {Revision} is void.",
        has == $"{Injection}=disabled" ? "Use -Force to put it in all the same." : "Use -Force to replace it; the pods move to the other revision when they are restarted.", ns);

    private static string? Label(JsonObject ns, string key) =>
        (ns.At("metadata.labels") as JsonObject)?[key] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
