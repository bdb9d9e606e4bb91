using System.Text.Json.Nodes;
using CsCheck;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Kube.Watching;
using static IstioAdmin.Core.Tests.Kube.Objects;

namespace IstioAdmin.Core.Tests.Kube.Watching;

public class WatchStateProperties
{
    /// <summary>
    /// Objects are made, changed and deleted, while the watch sees some of it as events and some only as a new list. A consumer that applies
    /// what it is told knows in the end exactly what there is, and was never told to add what it had or to change what it had not.
    /// </summary>
    [Fact]
    public void A_consumer_that_believes_what_it_is_told_knows_what_there_is() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 2], Gen.Bool).Array[0, 40].Sample(steps =>
        {
            var state = new WatchState<JsonObject>(item => item);
            var server = new Dictionary<string, (int Version, int Uid)>();
            var consumer = new Dictionary<string, string>();
            int version = 0;
            foreach ((int number, int action, bool seen) in steps)
            {
                version++;
                string name = $"o{number}";
                WatchLine.Change? change = null;
                if (action == 0)
                {
                    if (server.Remove(name, out (int Version, int Uid) old))
                        change = new WatchLine.Change(ObjectChange.Deleted, ConfigMap("ns", name, version, $"{old.Uid}"));
                }
                else
                {
                    bool exists = server.TryGetValue(name, out (int Version, int Uid) old);
                    server[name] = (version, exists ? old.Uid : version);
                    change = new WatchLine.Change(exists ? ObjectChange.Modified : ObjectChange.Added, ConfigMap("ns", name, version, $"{server[name].Uid}"));
                }
                if (change is null)
                    continue;
                if (seen)
                    Believe(consumer, state.Changed(change));
                else
                    Relist(state, server, consumer);
            }
            Relist(state, server, consumer);

            Assert.Equal(server.ToDictionary(entry => entry.Key, entry => $"{entry.Value.Version}"), consumer);
        });

    private static void Relist(WatchState<JsonObject> state, Dictionary<string, (int Version, int Uid)> server, Dictionary<string, string> consumer)
    {
        state.BeginList();
        foreach ((string name, (int version, int uid)) in server)
            Believe(consumer, state.Listed(ConfigMap("ns", name, version, $"{uid}")));
        Believe(consumer, state.EndList());
    }

    private static void Believe(Dictionary<string, string> consumer, IEnumerable<ObjectChanged<JsonObject>> changes)
    {
        foreach (ObjectChanged<JsonObject> change in changes)
        {
            string name = JsonObjects.KeyOf(change.Object).Name, version = change.Object.Metadata("resourceVersion")!;
            switch (change.Change)
            {
                case ObjectChange.Added:
                    consumer.Add(name, version);
                    break;
                case ObjectChange.Modified:
                    Assert.NotEqual(consumer[name], version);
                    consumer[name] = version;
                    break;
                case ObjectChange.Deleted:
                    Assert.True(consumer.Remove(name));
                    break;
            }
        }
    }
}
