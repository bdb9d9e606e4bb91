using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>An object after it was applied.</summary>
/// <param name="Resource">Its kind.</param>
/// <param name="Namespace">Its namespace; null for cluster scope.</param>
/// <param name="Name">Its name.</param>
/// <param name="Outcome">What applying did.</param>
/// <param name="Object">The object as the server returned it.</param>
public sealed record AppliedObject(KubeResource Resource, string? Namespace, string Name, ApplyOutcome Outcome, JsonObject Object);
