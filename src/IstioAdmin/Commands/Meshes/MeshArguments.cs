using System.Collections;
using System.Globalization;
using System.Management.Automation;
using IstioAdmin.Core;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Settings;

namespace IstioAdmin.Commands;

/// <summary>Arguments of the mesh cmdlets, as Core takes them.</summary>
internal static class MeshArguments
{
    /// <summary>The operator of a distribution's name.</summary>
    public static IstioOperatorKind? Kind(string? distribution) => distribution is null ? null : Enum.Parse<IstioOperatorKind>(distribution, ignoreCase: true);

    /// <summary>A word as the API spells it, however it was typed.</summary>
    public static string? Spelled(string? typed, params string[] words) =>
        typed is null ? null : words.FirstOrDefault(word => string.Equals(word, typed, StringComparison.OrdinalIgnoreCase)) ?? typed;

    /// <summary>Requests and limits.</summary>
    /// <exception cref="MeshException">The hashtable has another form (<c>ResourcesInvalid</c>).</exception>
    public static ResourceSettings Resources(Hashtable given)
    {
        IReadOnlyDictionary<string, string> Part(string name)
        {
            object? part = given.Keys.Cast<object>().Where(key => string.Equals(key.ToString(), name, StringComparison.OrdinalIgnoreCase)).Select(key => given[key]).FirstOrDefault();
            return (part is PSObject shown ? shown.BaseObject : part) switch
            {
                null => new Dictionary<string, string>(),
                IDictionary map => map.Cast<DictionaryEntry>().ToDictionary(entry => entry.Key.ToString()!, entry => Convert.ToString(entry.Value, CultureInfo.InvariantCulture) ?? "", StringComparer.Ordinal),
                _ => throw Invalid(given),
            };
        }

        bool known = given.Keys.Cast<object>().All(key => key.ToString()?.ToLowerInvariant() is "requests" or "limits");
        return known ? new ResourceSettings(Part("requests"), Part("limits")) : throw Invalid(given);
    }

    private static MeshException Invalid(Hashtable given) => new("ResourcesInvalid", FailureKind.InvalidInput, "-DefaultResources has another form than requests and limits.",
        "Write it so: @{ requests = @{ cpu = '10m'; memory = '64Mi' }; limits = @{ cpu = '1' } }.", given);
}
