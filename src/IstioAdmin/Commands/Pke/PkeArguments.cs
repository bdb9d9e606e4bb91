using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Commands;

/// <summary>What an administrator gives as <c>-PostHook</c>.</summary>
internal static class PkeArguments
{
    /// <summary>Names of hooks, or a hashtable of hooks with their parameters; null when nothing was given.</summary>
    /// <exception cref="MeshException">It is neither.</exception>
    public static JsonObject? PostHooks(SessionState session, object? given)
    {
        object? value = given is PSObject shown ? shown.BaseObject : given;
        string[]? names = value switch
        {
            string name => [name],
            object[] many when many.All(item => (item is PSObject wrapped ? wrapped.BaseObject : item) is string) => [.. many.Select(item => item.ToString()!)],
            _ => null,
        };
        return names is null
            ? SpecInput.ReadJson(session, given, "-PostHook")
            : new JsonObject(names.Select(name => KeyValuePair.Create(name, (JsonNode?)null)));
    }
}
