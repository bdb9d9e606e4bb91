namespace IstioAdmin.Core.Operators.Manifests;

/// <summary>A column that <c>kubectl get</c> shows of a custom resource.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="Path">Where in the object its value is.</param>
/// <param name="Type">What it is: string, date.</param>
internal sealed record ResourceColumn(string Name, string Path, string Type = "string")
{
    public static ResourceColumn Age { get; } = new("Age", ".metadata.creationTimestamp", "date");
}
