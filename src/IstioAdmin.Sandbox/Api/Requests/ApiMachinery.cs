using IstioAdmin.Sandbox.Api.Admission;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>What the parts of the API share.</summary>
internal sealed class ApiMachinery
{
    /// <summary>An API without objects.</summary>
    /// <param name="store">Where objects are; null for a new store.</param>
    /// <param name="services">Finds the services of webhooks; null for where their endpoints are.</param>
    public ApiMachinery(ObjectStore? store = null, Func<IObjectReader, IServiceResolver>? services = null)
    {
        Types = new ResourceTypes();
        Store = store ?? NewStore(Types);
        Services = services?.Invoke(Store) ?? new StoreServiceResolver(Store);
        Types.Reload(Store);
    }

    /// <summary>The objects.</summary>
    public ObjectStore Store { get; }

    /// <summary>What is served.</summary>
    public ResourceTypes Types { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What objects can be answered as besides themselves; null for nothing.</summary>
    public IRepresentations? Representations { get; init; }

    /// <summary>Keeps users from giving away rights that they do not have; null when nobody looks.</summary>
    public Access.EscalationCheck? Escalation { get; init; }

    /// <summary>Where webhooks' services are.</summary>
    public IServiceResolver Services { get; }

    /// <summary>The addresses of services.</summary>
    public string ServiceNetwork { get; init; } = "10.96.0.0/16";

    /// <summary>How often the versions of idle watches are announced to those who ask for it.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A store that knows the types.</summary>
    public static ObjectStore NewStore(ResourceTypes types, int eventLimit = 16_384, long eventBytes = 64 << 20) => new(eventLimit, eventBytes)
    {
        SelectableFields = Requests.SelectableFields.Of,
        // The core's and the short groups are no custom ones, and need no search.
        IsSorted = key => key.Group.Contains('.', StringComparison.Ordinal) && types.StorageOf(key) is { IsCustom: true },
        Head = key => types.StorageOf(key) is { } type ? (type.ApiVersion, type.Kind) : null,
    };
}
