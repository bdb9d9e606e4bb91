namespace IstioAdmin.Core.Kube.Failures;

/// <summary>One cause within a <see cref="KubeStatus"/>.</summary>
/// <param name="Reason">Machine-readable, for example <c>FieldValueInvalid</c> or <c>FieldManagerConflict</c>.</param>
/// <param name="Message">The server's own words.</param>
/// <param name="Field">Path of the field, for example <c>spec.version</c>.</param>
public sealed record KubeStatusCause(string? Reason, string? Message, string? Field)
{
    /// <summary>The cause as one phrase.</summary>
    public override string ToString() => string.IsNullOrEmpty(Field) ? Message ?? Reason ?? "" : $"{Field}: {Message ?? Reason}";
}
