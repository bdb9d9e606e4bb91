using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>The ports that containers declare. No image runs, so where a container would listen is known by them alone.</summary>
internal static class DeclaredPorts
{
    /// <summary>The container that declares a TCP port; null when none does.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="port">The port.</param>
    /// <param name="except">A container that is not meant.</param>
    public static JsonObject? Container(JsonObject pod, int port, string? except = null) => Meta.Items(pod, "spec", "containers")
        .Where(container => except is null || Json.Text(container, "name") != except)
        .FirstOrDefault(container => Meta.Items(container, "ports").Any(declared => Meta.Int(declared, "containerPort") == port && (Json.Text(declared, "protocol") ?? "TCP") == "TCP"));
}
