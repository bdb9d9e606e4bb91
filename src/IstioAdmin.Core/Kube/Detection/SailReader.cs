using System.Text.Json;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>
/// Reads <c>sailoperator.io/v1</c> resources. The operator makes an IstioRevision of each Istio, with the exact version; an Istio that has
/// none yet stands for itself. The CNI plugin has a resource of its own, IstioCNI, for the whole cluster.
/// </summary>
internal static class SailReader
{
    public static IEnumerable<IstioInstallation> Read(OperatorObjects objects)
    {
        IReadOnlyList<JsonElement> revisions = objects[IstioResources.SailRevisions] ?? [];
        HashSet<string> expanded = [.. revisions.Select(Owner).OfType<string>()];
        IEnumerable<JsonElement> unexpanded = (objects[IstioResources.SailIstios] ?? []).Where(istio => !expanded.Contains(Name(istio)));
        IReadOnlyList<JsonElement>? cnis = objects[IstioResources.SailCnis];
        return revisions.Select(r => Of(r, Owner(r) ?? Name(r), RevisionName(Name(r)), cnis))
            .Concat(unexpanded.Select(i => Of(i, Name(i), i.At("status", "activeRevisionName")?.AsText() is { } active ? RevisionName(active) : null, cnis)));
    }

    private static IstioInstallation Of(JsonElement item, string name, string? revision, IReadOnlyList<JsonElement>? cnis)
    {
        bool? used = item.At("spec", "values", "pilot", "cni", "enabled")?.AsFlag();
        JsonElement? values = cnis is [var cni, ..] ? cni.At("spec", "values", "cni") : null;
        return new IstioInstallation
        {
            Operator = IstioOperatorKind.Sail,
            Namespace = item.At("spec", "namespace")?.AsText() ?? "istio-system",
            Name = name,
            Version = IstioVersion.Of(item.At("spec", "version")?.AsText()),
            Revision = revision,
            CniEnabled = used ?? (cnis is null ? null : cnis.Count > 0),
            CniExcludedNamespaces = values?.Child("excludeNamespaces")?.AsTexts() ?? [],
        };
    }

    private static string Name(JsonElement item) => item.At("metadata", "name")?.AsText() ?? "";

    private static string? RevisionName(string name) => name == "default" ? null : name;

    private static string? Owner(JsonElement revision) => revision.Child("metadata") is { } metadata
        ? metadata.Items("ownerReferences").Where(o => o.Text("kind") == "Istio").Select(o => o.Text("name")).FirstOrDefault()
        : null;
}
