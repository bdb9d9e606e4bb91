using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Operators;

/// <summary>Where the API server reaches the webhooks that operators and injectors answer.</summary>
internal interface IAdmissionEndpoints
{
    /// <summary>What webhooks give as their <c>caBundle</c>.</summary>
    string CaBundle { get; }

    /// <summary>The port of a webhook's Service.</summary>
    int Port { get; }

    /// <summary>The URL of a path, for a webhook that names no Service.</summary>
    string Url(string path);

    /// <summary>The <c>spec</c> of a Service through which the API server reaches the handlers.</summary>
    /// <param name="selector">The labels of the pods that answer.</param>
    /// <param name="portName">The name of its port; null for none.</param>
    JsonObject ServiceSpec(JsonObject selector, string? portName = null);

    /// <summary>Answers the reviews that come to a path, until it is taken away again; a path without a handler cannot be reached.</summary>
    void Handle(string path, Func<JsonObject, Task<Review>> handler);

    /// <summary>Answers a path no more.</summary>
    void Unhandle(string path);
}
