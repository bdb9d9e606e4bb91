namespace IstioAdmin.Core.Kube.Applying;

/// <summary>Somebody else manages fields that were to be applied with other values.</summary>
public sealed class ApplyConflictException : MeshException
{
    internal ApplyConflictException(KubeClient client, KubeSubject about, IReadOnlyList<FieldConflict> conflicts)
        : base(
            "ApplyConflict",
            FailureKind.Conflict,
            $"{client.Endpoint.Server}: could not apply {about.Resource} {Name(about)}: {string.Join("; ", conflicts.GroupBy(conflict => conflict.Manager).Select(Describe))}.",
            "Use -Force to take these fields over, or leave them to their manager.",
            about)
    {
        Conflicts = conflicts;
    }

    /// <summary>The fields, and who manages them.</summary>
    public IReadOnlyList<FieldConflict> Conflicts { get; }

    private static string Describe(IGrouping<string, FieldConflict> manager) =>
        $"manager \"{manager.Key}\" owns {string.Join(", ", manager.Select(conflict => conflict.Field).Distinct())}";

    private static string Name(KubeSubject about) => about.Namespace is null ? about.Name ?? "" : $"{about.Namespace}/{about.Name}";
}
