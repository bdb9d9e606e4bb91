using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh.Settings;

/// <summary>Where an operator's API has a setting.</summary>
/// <param name="Setting">The setting.</param>
internal abstract record SettingPlace(MeshSetting Setting)
{
    /// <summary>In the <c>spec</c> of the mesh's resource.</summary>
    /// <param name="Setting">The setting.</param>
    /// <param name="Path">Path within <c>spec</c>, with dots; <c>{tracer}</c> stands for the tracer's kind.</param>
    public sealed record InSpec(MeshSetting Setting, string Path) : SettingPlace(Setting)
    {
        /// <summary>Turns our value into the API's.</summary>
        public Func<JsonNode, JsonNode> ToApi { get; init; } = value => value;

        /// <summary>Turns the API's value into ours; null for one that says nothing.</summary>
        public Func<JsonNode, JsonNode?> FromApi { get; init; } = value => value;
    }

    /// <summary>In another resource, which goes with the mesh.</summary>
    /// <param name="Setting">The setting.</param>
    public sealed record Beside(MeshSetting Setting) : SettingPlace(Setting);

    /// <summary>Nowhere.</summary>
    /// <param name="Setting">The setting.</param>
    /// <param name="WayOut">What to do instead, as a sentence.</param>
    public sealed record Nowhere(MeshSetting Setting, string WayOut) : SettingPlace(Setting);
}
