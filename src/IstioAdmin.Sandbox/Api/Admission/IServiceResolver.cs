namespace IstioAdmin.Sandbox.Api.Admission;

/// <summary>Finds out where the service of a webhook is.</summary>
internal interface IServiceResolver
{
    /// <summary>Finds a service.</summary>
    /// <param name="namespace">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="port">The service's port.</param>
    /// <exception cref="IOException">It is not there, or nothing stands behind it; the message says so in the API server's words.</exception>
    ServiceTarget Resolve(string @namespace, string name, int port);
}

/// <summary>What stands behind a service.</summary>
/// <param name="Handler">What answers within the process; null when it is to be reached by its address. It is not disposed of.</param>
/// <param name="Host">The address; null when it answers within the process.</param>
/// <param name="Port">The port at the address.</param>
internal sealed record ServiceTarget(HttpMessageHandler? Handler, string? Host, int Port);
