namespace IstioAdmin.Core.Kube.Applying;

/// <summary>The server has no server-side apply. Never leaves this library.</summary>
internal sealed class ServerSideApplyMissingException : Exception;
