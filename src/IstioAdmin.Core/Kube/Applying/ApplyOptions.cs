namespace IstioAdmin.Core.Kube.Applying;

/// <summary>How to apply.</summary>
/// <param name="Force">Take over fields that other managers own.</param>
/// <param name="DryRun">Ask the server what would happen, without any of it happening.</param>
public sealed record ApplyOptions(bool Force = false, bool DryRun = false);
