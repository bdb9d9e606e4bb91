namespace IstioAdmin.Core.Samples;

/// <summary>An object of a sample, and what happened to it.</summary>
/// <param name="Kind">Kind, for example <c>Deployment</c>.</param>
/// <param name="Namespace">Namespace.</param>
/// <param name="Name">Name.</param>
/// <param name="Outcome">What happened to it.</param>
public sealed record SampleObject(string Kind, string Namespace, string Name, SampleOutcome Outcome)
{
    /// <summary>The object in words: <c>Deployment default/reviews-v1</c>.</summary>
    public override string ToString() => $"{Kind} {Namespace}/{Name}";
}
