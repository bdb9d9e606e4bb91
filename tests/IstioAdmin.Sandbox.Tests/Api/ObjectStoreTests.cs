using System.Text.Json.Nodes;
using CsCheck;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>What holds for the store.</summary>
public sealed class ObjectStoreTests
{
    private static readonly TypeKey Type = new("", "things");

    private static readonly string[] Namespaces = ["a", "a-b", "b"];
    private static readonly string[] Names = ["x", "x-y", "z"];

    private static JsonObject Thing(string ns, string name, int value) =>
        new() { ["metadata"] = new JsonObject { ["namespace"] = ns, ["name"] = name, ["uid"] = $"{ns}/{name}" }, ["value"] = value };

    private static readonly Gen<(string Namespace, string Name, int Action)> Change = Gen.Select(Gen.Int[0, 2].Select(at => Namespaces[at]), Gen.Int[0, 2].Select(at => Names[at]), Gen.Int[0, 3]);

    [Fact]
    public void A_list_and_what_happened_since_make_the_list_of_later() => Change.List[0, 40].Select(Gen.Int[0, 40]).Sample((changes, at) =>
    {
        var store = new ObjectStore();
        Run(store, changes.Take(at));
        (long version, IEnumerable<StoredObject> listed) = store.Snapshot(Type, null);
        var known = listed.ToDictionary(stored => (stored.Namespace, stored.Name), stored => stored.Version);
        Run(store, changes.Skip(at));
        long last = version;
        foreach (StoreEvent happened in store.Since(Type, version).Events!)
        {
            Assert.True(happened.Version > last);
            last = happened.Version;
            StoredObject subject = (happened.After ?? happened.Before)!;
            if (happened.After is null)
                Assert.True(known.Remove((subject.Namespace, subject.Name)));
            else
                known[(subject.Namespace, subject.Name)] = happened.Version;
        }
        Assert.Equal(store.Snapshot(Type, null).Objects.Select(stored => (stored.Namespace, stored.Name, stored.Version)), known.Select(one => (one.Key.Namespace, one.Key.Name, one.Value)).OrderBy(one => one.Item1 + "/" + one.Item2, StringComparer.Ordinal));
        Assert.Equal(listed.Select(stored => stored.Version), store.SnapshotAt(Type, null, version)!.Select(stored => stored.Version));
    });

    [Fact]
    public async Task A_saved_store_is_the_same_when_it_is_read()
    {
        var store = new ObjectStore();
        Run(store, [("a", "x", 0), ("b", "y", 0), ("a", "z", 0), ("b", "y", 1)]);
        using var file = new MemoryStream();
        await store.SaveAsync(file, TestContext.Current.CancellationToken);
        file.Position = 0;
        var other = new ObjectStore();
        await other.LoadAsync(file, TestContext.Current.CancellationToken);
        Assert.Equal(store.Snapshot(Type, null).Objects.Select(stored => stored.Content), other.Snapshot(Type, null).Objects.Select(stored => stored.Content));
        Assert.True(other.Version > store.Version);
        Assert.Null(other.Since(Type, 1).Events);

        byte[] cut = file.ToArray()[..^20];
        await Assert.ThrowsAsync<InvalidDataException>(() => other.LoadAsync(new MemoryStream(cut), TestContext.Current.CancellationToken));
        Assert.Equal(store.Count(Type), other.Count(Type));
    }

    [Fact]
    public void What_has_been_forgotten_is_not_made_up()
    {
        var store = new ObjectStore(eventLimit: 2);
        Run(store, [("a", "x", 0), ("a", "x", 1), ("a", "x", 1), ("a", "x", 1)]);
        Assert.Null(store.Since(Type, 2).Events);
        Assert.Null(store.SnapshotAt(Type, null, 2));
        Assert.Equal(2, store.Since(Type, 3).Events!.Length);
    }

    [Fact]
    public async Task Of_many_who_change_an_object_at_once_each_change_counts()
    {
        var store = new ObjectStore();
        store.Add(Type, Thing("a", "x", 0));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int done = 0; done < 100;)
            {
                StoredObject stored = store.Get(Type, "a", "x")!;
                JsonObject item = stored.Parse();
                item["value"] = item["value"]!.GetValue<int>() + 1;
                done += store.Replace(Type, stored, item) is null ? 0 : 1;
            }
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(800, store.Get(Type, "a", "x")!.Parse()["value"]!.GetValue<int>());
        Assert.Equal("802", store.Get(Type, "a", "x")!.Parse().TextAt("metadata.resourceVersion"));
    }

    private static void Run(ObjectStore store, IEnumerable<(string Namespace, string Name, int Action)> changes)
    {
        int value = 0;
        foreach ((string ns, string name, int action) in changes)
        {
            StoredObject? found = store.Get(Type, ns, name);
            if (found is null)
                store.Add(Type, Thing(ns, name, ++value));
            else if (action == 0)
                store.Remove(Type, found);
            else
                store.Replace(Type, found, Thing(ns, name, ++value));
        }
    }
}
