using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Yaml;

namespace IstioAdmin.Core.Pke.Kubeconfigs;

/// <summary>
/// Brings a cluster's entries into a kubeconfig. What is there stays as it is, character by character; entries of the same name are brought
/// up to date when they are about the same cluster, and are a conflict otherwise.
/// </summary>
internal sealed class KubeconfigMerge
{
    // What identifies a server and how it is trusted comes from the new entry; the rest of an old entry is the administrator's.
    private static readonly string[] Trust = ["server", "certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"];

    private readonly JsonObject _there;
    private readonly DownloadedKubeconfig _new;
    private readonly string _file;
    private readonly bool _force;

    private KubeconfigMerge(JsonObject there, DownloadedKubeconfig @new, string file, bool force)
    {
        _there = there;
        _new = @new;
        _file = file;
        _force = force;
    }

    /// <summary>Merges.</summary>
    /// <param name="text">The kubeconfig as it is; empty when there is none.</param>
    /// <param name="downloaded">The entries to bring in.</param>
    /// <param name="file">The kubeconfig's path, for messages.</param>
    /// <param name="setCurrent">Make its context the current one, also when another is.</param>
    /// <param name="force">Replace entries of the same name that are about another cluster.</param>
    /// <returns>The new text; the same when nothing changes.</returns>
    /// <exception cref="MeshException">
    /// <c>KubeconfigEntryExists</c>: an entry of the same name is about another cluster. <c>YamlInvalid</c>: the text is no YAML.
    /// <c>KubeconfigNotEditable</c>: it is written in a way that cannot be edited without loss.
    /// </exception>
    public static string Merge(string text, DownloadedKubeconfig downloaded, string file, bool setCurrent, bool force)
    {
        IReadOnlyList<JsonNode> documents = KubeYaml.Parse(text, $"The kubeconfig '{file}'");
        JsonObject there = documents.Count switch
        {
            0 => [],
            // kubectl reads the first document only.
            _ => documents[0] as JsonObject ?? throw NotEditable(file, "it is no mapping"),
        };
        foreach (string list in new[] { "clusters", "users", "contexts" })
        {
            if (there[list] is { } value and not JsonArray)
                throw NotEditable(file, $"its {list} are {value.GetValueKind()}, not a list");
        }
        var merge = new KubeconfigMerge(there, downloaded, file, force);
        KubeconfigEntryPlan[] plan = [.. merge.PlanClusters(), .. merge.PlanUsers(), .. merge.PlanContexts()];
        string? current = there.TextAt("current-context");
        bool becomesCurrent = string.IsNullOrEmpty(current) || setCurrent;
        return Edit(text, documents, plan, becomesCurrent && current != downloaded.Context ? downloaded.Context : null, file);
    }

    /// <summary>Whether a context is the current one of a kubeconfig.</summary>
    public static bool IsCurrent(string text, string context) => KubeYaml.Parse(text, "The kubeconfig") is [JsonObject root, ..] && root.TextAt("current-context") == context;

    private static string Edit(string text, IReadOnlyList<JsonNode> documents, KubeconfigEntryPlan[] plan, string? current, string file)
    {
        var expected = documents.Count == 0 ? [] : (JsonObject)documents[0].DeepClone();
        try
        {
            var edited = new KubeconfigEditor(text);
            foreach ((string key, string value) in new[] { ("apiVersion", "v1"), ("kind", "Config") })
            {
                if (expected[key] is not null)
                    continue;
                edited.Set(key, value);
                expected[key] = value;
            }
            foreach (KubeconfigEntryPlan step in plan)
            {
                if (expected[step.List] is not JsonArray list)
                    expected[step.List] = list = [];
                if (step.Index < 0)
                {
                    edited.Append(step.List, step.Entry);
                    list.Add(step.Entry.DeepClone());
                }
                else if (!JsonNode.DeepEquals(list[step.Index], step.Entry))
                {
                    edited.Replace(step.List, step.Index, step.Entry);
                    list[step.Index] = step.Entry.DeepClone();
                }
            }
            if (current is not null)
            {
                edited.Set("current-context", current);
                expected["current-context"] = current;
            }
            string result = edited.ToString();
            // Nothing is written that does not read back as what was meant, with all that was there before.
            IReadOnlyList<JsonNode> readBack = KubeYaml.Parse(result, file);
            bool same = readBack.Count == Math.Max(documents.Count, 1) && JsonNode.DeepEquals(readBack[0], expected)
                && readBack.Skip(1).Zip(documents.Skip(1)).All(pair => JsonNode.DeepEquals(pair.First, pair.Second));
            return same ? result : throw NotEditable(file, "the result would not read as what was meant");
        }
        catch (FormatException e)
        {
            throw NotEditable(file, e.Message);
        }
        catch (MeshException e) when (e.ErrorId == "YamlInvalid")
        {
            throw NotEditable(file, "the result would not be YAML");
        }
    }

    private IEnumerable<KubeconfigEntryPlan> PlanClusters()
    {
        foreach (JsonObject entry in _new.Entries("clusters"))
        {
            (int index, JsonObject? old) = Find("clusters", entry.TextAt("name"));
            if (old is not null && !IsSameCluster(old, entry))
                RefuseUnlessForced("clusters", entry, $"leads to {old.TextAt("cluster.server") ?? "another server"}, not to {entry.TextAt("cluster.server")}");
            JsonObject content = Copy(entry["cluster"]);
            if (old is not null && IsSameCluster(old, entry))
                Keep(content, old["cluster"], key => !Trust.Contains(key));
            yield return new("clusters", index, With(old, entry, "cluster", content));
        }
    }

    private IEnumerable<KubeconfigEntryPlan> PlanUsers()
    {
        foreach (JsonObject entry in _new.Entries("users"))
        {
            string? name = entry.TextAt("name");
            (int index, JsonObject? old) = Find("users", name);
            if (old is not null && !JsonNode.DeepEquals(old["user"], entry["user"]))
            {
                // The same login of other clusters would break.
                string[] others = [.. Entries("contexts").Where(context => context.TextAt("context.user") == name && !LeadsToOneOfNew(context)).Select(context => context.TextAt("name")).OfType<string>()];
                if (others.Length > 0 || !Entries("contexts").Any(context => context.TextAt("context.user") == name))
                    RefuseUnlessForced("users", entry, others.Length > 0 ? $"is used by context {string.Join(", ", others)}" : "is another user");
            }
            yield return new("users", index, With(old, entry, "user", Copy(entry["user"])));
        }
    }

    private IEnumerable<KubeconfigEntryPlan> PlanContexts()
    {
        foreach (JsonObject entry in _new.Entries("contexts"))
        {
            (int index, JsonObject? old) = Find("contexts", entry.TextAt("name"));
            if (old is not null && !LeadsToOneOfNew(old))
                RefuseUnlessForced("contexts", entry, $"leads to cluster '{old.TextAt("context.cluster")}'");
            JsonObject content = Copy(entry["context"]);
            // The namespace that somebody has set, for example.
            if (old is not null && LeadsToOneOfNew(old))
                Keep(content, old["context"], _ => true);
            yield return new("contexts", index, With(old, entry, "context", content));
        }
    }

    /// <summary>Whether a context that is there leads to one of the clusters that are brought in.</summary>
    private bool LeadsToOneOfNew(JsonObject context)
    {
        string? cluster = context.TextAt("context.cluster");
        JsonObject? mine = _new.Entries("clusters").FirstOrDefault(entry => entry.TextAt("name") == cluster);
        return mine is not null && (Find("clusters", cluster).Entry is not { } old || IsSameCluster(old, mine));
    }

    private static bool IsSameCluster(JsonObject old, JsonObject entry) =>
        Same("cluster.server", old, entry) || Same("cluster.certificate-authority-data", old, entry);

    private static bool Same(string path, JsonObject one, JsonObject other) => one.TextAt(path) is { } value && value == other.TextAt(path);

    private void RefuseUnlessForced(string list, JsonObject entry, string why)
    {
        if (_force)
            return;
        string what = $"{list[..^1]} '{entry.TextAt("name")}'";
        throw new MeshException(
            "KubeconfigEntryExists", FailureKind.Conflict,
            $"The kubeconfig '{_file}' already has a {what}, and it {why}. Nothing was changed.",
            "Give the new entries a name of their own with -ContextName, write to another file with -Path, or replace the old entry with -Force.", _file);
    }

    private IEnumerable<JsonObject> Entries(string list) => (_there[list] as JsonArray ?? []).OfType<JsonObject>();

    private (int Index, JsonObject? Entry) Find(string list, string? name)
    {
        var entries = _there[list] as JsonArray ?? [];
        for (int i = 0; i < entries.Count; i++)
        {
            if (entries[i] is JsonObject entry && entry.TextAt("name") == name)
                return (i, entry);
        }
        return (-1, null);
    }

    /// <summary>The new entry in the form of the old one: the order of its keys, and keys that nobody here knows.</summary>
    private static JsonObject With(JsonObject? old, JsonObject entry, string content, JsonObject value)
    {
        JsonObject merged = (JsonObject)(old ?? entry).DeepClone();
        if (old?[content] is JsonObject before)
        {
            JsonObject ordered = [];
            foreach ((string key, JsonNode? held) in before.Where(pair => value.ContainsKey(pair.Key)).Concat(value.Where(pair => !before.ContainsKey(pair.Key))))
                ordered[key] = (value[key] ?? held)?.DeepClone();
            value = ordered;
        }
        merged[content] = value;
        return merged;
    }

    private static JsonObject Copy(JsonNode? node) => node is JsonObject map ? (JsonObject)map.DeepClone() : [];

    private static void Keep(JsonObject content, JsonNode? old, Func<string, bool> which)
    {
        foreach ((string key, JsonNode? value) in (old as JsonObject ?? []).Where(pair => which(pair.Key)).ToArray())
        {
            if (!content.ContainsKey(key))
                content[key] = value?.DeepClone();
        }
    }

    private static MeshException NotEditable(string file, string why) => new(
        "KubeconfigNotEditable", FailureKind.InvalidInput, $"The kubeconfig '{file}' cannot be extended without losing something: {why}. Nothing was changed.",
        "Write to a file of its own with -Path, and list both files in KUBECONFIG.", file);
}
