namespace IstioAdmin.Core.Mesh;

/// <summary>Which pods to list. What is left out does not narrow the list.</summary>
public sealed record PodSelection
{
    /// <summary>One namespace, by its exact name. It is an error if it does not exist.</summary>
    public string? Namespace { get; init; }

    /// <summary>One pod name, exactly; the server looks for it in every namespace that is listed.</summary>
    public string? Name { get; init; }

    /// <summary>Label selector in the API's syntax; the server applies it.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Name of a node, exactly; the server applies it. It is an error if it does not exist.</summary>
    public string? Node { get; init; }

    /// <summary>Decides by namespace, before the rest of the pod is read.</summary>
    public Func<string, bool>? NamespaceFilter { get; init; }

    /// <summary>Decides by pod name, before the rest of the pod is read.</summary>
    public Func<string, bool>? NameFilter { get; init; }

    /// <summary>
    /// Whether each pod brings its complete object along, so that <see cref="MeshPod.Resource"/> needs no further request.
    /// Costs a few times the time and some 50 KB of memory for each pod.
    /// </summary>
    public bool Full { get; init; }
}
