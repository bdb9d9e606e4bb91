using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Admission;

/// <summary>Finds services by the objects that describe them: an external name, or the ready addresses of the endpoints.</summary>
internal sealed class StoreServiceResolver(IObjectReader objects) : IServiceResolver
{
    /// <inheritdoc/>
    public ServiceTarget Resolve(string @namespace, string name, int port)
    {
        JsonObject service = objects.Find("", "services", @namespace, name) ?? throw new IOException($"service \"{name}\" not found");
        if (service.TextAt("spec.externalName") is { } external)
            return new ServiceTarget(null, external, port);
        JsonNode wanted = (service.At("spec.ports") as JsonArray ?? []).FirstOrDefault(one => one?["port"].Whole() == port)
            ?? throw new IOException($"no service port {port} found for service \"{name}\"");
        JsonObject? endpoints = objects.Find("", "endpoints", @namespace, name);
        foreach (JsonNode? subset in endpoints?["subsets"] as JsonArray ?? [])
        {
            JsonNode? end = (subset?["ports"] as JsonArray ?? []).FirstOrDefault(one => one.TextAt("name") == wanted.TextAt("name"));
            if (end is not null && (subset?["addresses"] as JsonArray)?.FirstOrDefault().TextAt("ip") is { } address)
                return new ServiceTarget(null, address, (int)(end.WholeAt("port") ?? 0));
        }
        throw new IOException($"no endpoints available for service \"{name}\"");
    }
}
