namespace IstioAdmin.Core.Workloads;

/// <summary>A controller that makes pods, by its name.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Kind">Its kind, for example <c>Deployment</c>.</param>
/// <param name="Name">Its name.</param>
public sealed record WorkloadReference(string Namespace, string Kind, string Name)
{
    /// <summary>Reads what people type: <c>deployment/web</c>, <c>deploy/web</c>, or <c>web</c> when the kind is told apart from it.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="text">Kind and name, or the name.</param>
    /// <param name="kind">The kind, where <paramref name="text"/> has none.</param>
    /// <exception cref="MeshException">There is no kind, or none that makes pods (<c>WorkloadNameInvalid</c>).</exception>
    public static WorkloadReference Parse(string ns, string text, string? kind = null)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string? given = slash < 0 ? kind : text[..slash];
        string name = text[(slash + 1)..];
        if (given is null || name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
            throw Invalid(text, $"'{text}' does not name a workload.");
        WorkloadKind known = WorkloadKind.Find(given) ?? throw Invalid(text, $"'{given}' of '{text}' is no kind of workload.");
        return new WorkloadReference(ns, known.Resource.Kind, name);
    }

    /// <summary>Kind, namespace and name: <c>Deployment default/web</c>.</summary>
    public override string ToString() => $"{Kind} {Namespace}/{Name}";

    private static MeshException Invalid(string text, string what) => new("WorkloadNameInvalid", FailureKind.InvalidInput, what,
        "Write kind and name: deployment/web, statefulset/db or daemonset/agent.", text);
}
