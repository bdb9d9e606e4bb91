using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Mesh.Waiting;

/// <summary>Looks at the objects that show whether an operator has done its work.</summary>
internal sealed class EffectCheck
{
    private const int AtOnce = 6;

    private readonly KubeClient _client;
    private readonly IReporter _reporter;
    private readonly HashSet<string> _refused = [];

    public EffectCheck(KubeClient client, IReporter reporter)
    {
        _client = client;
        _reporter = reporter;
    }

    /// <summary>What is missing, each with the object that shows it.</summary>
    public async Task<IReadOnlyList<MissingEffect>> MissingAsync(IReadOnlyList<ExpectedEffect> effects, CancellationToken cancel)
    {
        using var slots = new SemaphoreSlim(AtOnce);
        // Several effects may be about one object.
        var looks = effects.GroupBy(effect => (effect.Resource, effect.OlderResource, effect.Namespace, effect.Name, effect.LabelSelector)).Select(async group =>
        {
            await slots.WaitAsync(cancel).ConfigureAwait(false);
            try
            {
                JsonObject? found = await LookAsync(group.First(), cancel).ConfigureAwait(false);
                return group.Select(effect => (Effect: effect, Missing: effect.Missing(found)))
                    .Where(result => result.Missing is not null).Select(result => new MissingEffect(result.Effect, result.Missing!)).ToArray();
            }
            catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
            {
                Refused(group.First(), e);
                return [];
            }
            finally
            {
                slots.Release();
            }
        });
        return [.. (await Task.WhenAll(looks).ConfigureAwait(false)).SelectMany(missing => missing)];
    }

    private async Task<JsonObject?> LookAsync(ExpectedEffect effect, CancellationToken cancel)
    {
        if (effect.Name is { } name)
        {
            return await _client.GetAsync(effect.Resource, effect.Namespace, name, cancel).ConfigureAwait(false)
                ?? (effect.OlderResource is { } older ? await _client.GetAsync(older, effect.Namespace, name, cancel).ConfigureAwait(false) : null);
        }
        var items = new JsonArray();
        await foreach (JsonObject item in _client.ListObjectsAsync(effect.Resource, new ListQuery(effect.Namespace, effect.LabelSelector), cancel).ConfigureAwait(false))
            items.Add(item);
        return new JsonObject { ["items"] = items };
    }

    // Not being allowed to look must not keep a change from being done; whoever waits should know how much the result is worth.
    private void Refused(ExpectedEffect effect, MeshException failure)
    {
        lock (_refused)
        {
            if (!_refused.Add(effect.Resource.FullName))
                return;
        }
        _reporter.Warn($"{effect.Target} cannot be looked at, so whether the change has reached it stays unknown. {failure.Advice}");
    }
}

/// <summary>An effect that is not there yet.</summary>
/// <param name="Effect">The effect.</param>
/// <param name="What">What is missing.</param>
internal sealed record MissingEffect(ExpectedEffect Effect, string What)
{
    public override string ToString() => $"{Effect.Target} {What}";
}
