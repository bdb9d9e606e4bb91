using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Resources;

/// <summary>What the API serves: the built-in types (<c>Catalogue.txt</c>) and those of CustomResourceDefinitions.</summary>
internal sealed class ResourceTypes : IResourceTypes
{
    /// <summary>Where CustomResourceDefinitions are stored.</summary>
    public static readonly TypeKey Definitions = new("apiextensions.k8s.io", "customresourcedefinitions");

    // Served in several groups, stored in one (kubernetes/pkg/kubeapiserver/default_storage_factory_builder.go).
    private static readonly Dictionary<TypeKey, TypeKey> Cohabitants = new()
    {
        [new("extensions", "ingresses")] = new("networking.k8s.io", "ingresses"),
        [new("events.k8s.io", "events")] = new("", "events"),
    };

    // Where it is not the first version that is served.
    private static readonly Dictionary<TypeKey, string> StorageVersions = new()
    {
        [new("autoscaling", "horizontalpodautoscalers")] = "v2beta2",
    };

    private static readonly ImmutableArray<ResourceType> BuiltIn = ReadCatalogue(SchemaTable.Lines("Catalogue.txt"));

    private readonly object _gate = new();
    private readonly Dictionary<string, CustomDefinition> _definitions = [];
    private State _state = State.Of([]);

    private sealed record State(ImmutableArray<ResourceType> All, Dictionary<(string, string, string), ResourceType> ByPath, Dictionary<(string, string, string), CustomVersion> Custom)
    {
        public static State Of(IReadOnlyCollection<CustomDefinition> definitions)
        {
            CustomVersion[] custom = [.. definitions.SelectMany(definition => definition.Versions)];
            ImmutableArray<ResourceType> all = [.. BuiltIn, .. custom.Select(version => version.Type)];
            return new(all,
                all.ToDictionary(type => (type.Group, type.Version, type.Plural)),
                custom.ToDictionary(version => (version.Type.Group, version.Type.Version, version.Type.Plural)));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<ResourceType> All => Volatile.Read(ref _state).All;

    /// <inheritdoc/>
    public bool TryFind(string group, string version, string plural, [NotNullWhen(true)] out ResourceType? type) =>
        Volatile.Read(ref _state).ByPath.TryGetValue((group, version, plural), out type);

    /// <summary>Where a type's objects are stored.</summary>
    public static TypeKey KeyOf(ResourceType type) => KeyOf(new TypeKey(type.Group, type.Plural));

    /// <summary>Where a type's objects are stored.</summary>
    public static TypeKey KeyOf(TypeKey served) => Cohabitants.GetValueOrDefault(served, served);

    /// <summary>The type in the version in which its objects are stored.</summary>
    public ResourceType StorageOf(ResourceType type)
    {
        TypeKey key = KeyOf(type);
        if (type.IsCustom)
            return Volatile.Read(ref _state).Custom.TryGetValue((type.Group, type.Version, type.Plural), out CustomVersion? custom) ? custom.Definition.StorageType : type;
        return StorageOf(key) ?? type;
    }

    /// <summary>The type in the version in which objects are stored; null when there is no such type.</summary>
    public ResourceType? StorageOf(TypeKey key)
    {
        State state = Volatile.Read(ref _state);
        ResourceType[] versions = [.. state.All.Where(type => type.Group == key.Group && type.Plural == key.Plural)];
        if (versions is [{ IsCustom: true } first, ..])
            return state.Custom[(first.Group, first.Version, first.Plural)].Definition.StorageType;
        return StorageVersions.TryGetValue(key, out string? version) ? Array.Find(versions, type => type.Version == version) : versions.FirstOrDefault();
    }

    /// <summary>What a CustomResourceDefinition says of a type; null when the type is built in.</summary>
    public CustomVersion? CustomOf(ResourceType type) => Volatile.Read(ref _state).Custom.GetValueOrDefault((type.Group, type.Version, type.Plural));

    /// <summary>The shape of a type's objects.</summary>
    public Schema SchemaOf(ResourceType type) => CustomOf(type) is { } custom
        ? custom.Schema
        : SchemaTable.BuiltIn.OfKind(type.Group, type.Version, type.Kind) ?? Schema.Anything;

    /// <summary>Serves what a CustomResourceDefinition (in v1) defines.</summary>
    public void Define(JsonObject definition)
    {
        lock (_gate)
        {
            if (definition.TextAt("metadata.name") is not { } name)
                return;
            if (IsEstablished(definition))
                _definitions[name] = new CustomDefinition(definition);
            else
                _definitions.Remove(name);
            Volatile.Write(ref _state, State.Of(_definitions.Values));
        }
    }

    /// <summary>Serves it no longer.</summary>
    public void Forget(string name)
    {
        lock (_gate)
        {
            _definitions.Remove(name);
            Volatile.Write(ref _state, State.Of(_definitions.Values));
        }
    }

    /// <summary>Serves what the definitions of a store define, and nothing else.</summary>
    public void Reload(ObjectStore store)
    {
        lock (_gate)
            _definitions.Clear();
        foreach (StoredObject stored in store.Snapshot(Definitions, null).Objects)
            Define(stored.Parse());
    }

    private static bool IsEstablished(JsonObject definition) => definition.At("status.conditions") is JsonArray conditions
        && conditions.Any(condition => condition.TextAt("type") == "Established" && condition.TextAt("status") == "True");

    private static ImmutableArray<ResourceType> ReadCatalogue(IEnumerable<string> lines)
    {
        ImmutableArray<ResourceType>.Builder types = ImmutableArray.CreateBuilder<ResourceType>();
        string group = "", version = "";
        List<SubresourceType> subresources = [];
        foreach (string line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (line[0] != ' ')
            {
                int slash = line.IndexOf('/', StringComparison.Ordinal);
                (group, version) = slash < 0 ? ("", line) : (line[..slash], line[(slash + 1)..]);
            }
            else if (words[0][0] == '/')
            {
                string[]? kind = words.Length > 3 ? words[3].Split('/') : null;
                subresources.Add(new SubresourceType(words[0][1..], words[1], words[2].Split(',')) { Group = kind?[0], Version = kind?[1] });
            }
            else
            {
                // Filled while the lines that follow are read.
                subresources = [];
                var type = new ResourceType(group, version, words[0][1..], words[1], words[0][0] == '+')
                {
                    // The built-in types have no name for one.
                    Singular = "",
                    SubresourceTypes = subresources,
                };
                foreach (string word in words.Skip(2))
                {
                    string[] values = word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..].Split(',');
                    type = word.Split('=')[0] switch
                    {
                        "shorts" => type with { ShortNames = values },
                        "categories" => type with { Categories = values },
                        "verbs" => type with { Verbs = values },
                        _ => throw new InvalidDataException($"Catalogue.txt: {line}"),
                    };
                }
                types.Add(type);
            }
        }
        return types.ToImmutable();
    }
}
