using System.Text.Json.Nodes;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Mesh.Settings;

/// <summary>Puts settings into an operator's resource, and finds them there, by its table of places.</summary>
internal static class SettingTable
{
    private const string DefaultTracer = "zipkin";

    /// <summary>Puts settings into a manifest.</summary>
    /// <param name="mesh">The operator.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="manifest">The manifest; its <c>spec</c> changes.</param>
    /// <param name="live">The resource as it is; null for a new mesh.</param>
    /// <exception cref="MeshException">The operator's API has no place for one of them (<c>SettingNotSupported</c>), or they contradict each other (<c>SettingsContradict</c>).</exception>
    public static void Write(MeshOperator mesh, MeshSettings settings, JsonObject manifest, JsonObject? live)
    {
        Check(settings);
        string tracer = settings.Tracer ?? Read(mesh, live).Tracer ?? DefaultTracer;
        foreach (SettingPlace place in mesh.Dialect.Places)
        {
            if (place.Setting.Get(settings) is not { } value)
                continue;
            switch (place)
            {
                case SettingPlace.InSpec inSpec:
                    manifest.Put($"spec.{Resolve(inSpec.Path, tracer)}", inSpec.ToApi(value));
                    break;
                case SettingPlace.Beside:
                    break;
                case SettingPlace.Nowhere nowhere:
                    throw new MeshException("SettingNotSupported", FailureKind.NotSupported,
                        $"-{nowhere.Setting.Parameter} cannot be set through the {mesh.Kind} operator: its {mesh.Mesh.Kind} ({mesh.Mesh.ApiVersion}) has no such field.", nowhere.WayOut, nowhere.Setting.Parameter);
                default:
                    throw new InvalidOperationException($"Unknown place {place}.");
            }
        }
    }

    /// <summary>What a resource says of the settings.</summary>
    public static MeshSettings Read(MeshOperator mesh, JsonObject? resource)
    {
        var settings = new MeshSettings();
        JsonNode? spec = resource?["spec"];
        if (spec is null)
            return settings;
        // The tracer first: where its address stands depends on it.
        foreach (SettingPlace.InSpec place in mesh.Dialect.Places.OfType<SettingPlace.InSpec>().OrderBy(place => place.Setting != MeshSetting.Tracer))
        {
            if (spec.At(Resolve(place.Path, settings.Tracer ?? DefaultTracer)) is { } value && place.FromApi(value) is { } ours)
                settings = place.Setting.With(settings, ours);
        }
        return settings;
    }

    private static string Resolve(string path, string tracer) => path.Replace("{tracer}", tracer, StringComparison.Ordinal);

    private static void Check(MeshSettings settings)
    {
        // Only what goes through the proxy may be "everything".
        if (settings.IncludeIPRanges is not ["*"])
            IPRanges.Check("-IncludeIPRange", settings.IncludeIPRanges);
        IPRanges.Check("-ExcludeIPRange", settings.ExcludeIPRanges);
        Ordered("Ingress", settings.Ingress.MinReplicas, settings.Ingress.MaxReplicas);
        Ordered("Egress", settings.Egress.MinReplicas, settings.Egress.MaxReplicas);
        Ordered("Pilot", settings.PilotMinReplicas, settings.PilotMaxReplicas);
    }

    private static void Ordered(string what, int? least, int? most)
    {
        if (least > most)
        {
            throw new MeshException("SettingsContradict", FailureKind.InvalidInput, $"-{what}MinReplicas {least} is more than -{what}MaxReplicas {most}.",
                "Give a minimum that is not above the maximum.", what);
        }
    }
}
