namespace IstioAdmin.Core.Kube.Applying;

/// <summary>The object is not the one that was looked at any more. Never leaves this library.</summary>
internal sealed class StaleObjectException : Exception;
