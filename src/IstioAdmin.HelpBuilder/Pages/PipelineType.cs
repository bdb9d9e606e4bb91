namespace IstioAdmin.HelpBuilder.Pages;

/// <summary>A type that a cmdlet takes from the pipeline or writes to it.</summary>
/// <param name="TypeName">Full name of the .NET type.</param>
/// <param name="Description">What the objects are.</param>
internal sealed record PipelineType(string TypeName, IReadOnlyList<string> Description);
