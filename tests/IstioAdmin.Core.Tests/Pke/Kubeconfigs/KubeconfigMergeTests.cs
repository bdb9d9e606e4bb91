using IstioAdmin.Core.Pke.Kubeconfigs;

namespace IstioAdmin.Core.Tests.Pke.Kubeconfigs;

/// <summary>A cluster's entries come into a kubeconfig, and every character that was there stays.</summary>
public sealed class KubeconfigMergeTests
{
    private const string New = """
        apiVersion: v1
        kind: Config
        clusters:
        - name: demo
          cluster: {server: "https://192.0.2.10:6443", certificate-authority-data: AAAA}
        users:
        - name: demo-admin
          user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: helper, args: [a, "1"], unknown: {x: 1}}}
        contexts:
        - name: demo
          context: {cluster: demo, user: demo-admin}
        current-context: demo
        """;

    // Comments in every place, an order of its own, quotes of both kinds, a field that no client knows, a literal block, indented lists.
    private const string Theirs = """
        # mine, by hand
        kind: Config
        contexts:   # first for once
          # the important one
          - name: prod   # do not touch
            context: { cluster: 'prod', user: "ada", namespace: shop }
          # end of contexts
        current-context: prod # always
        users:
        -
          name: ada
          user:
            token: |
              c2VjcmV0
        # between users and the rest

        x-team: [platform, "24x7"]
        apiVersion: v1
        clusters:
            - cluster:
                server: https://prod.example.org   # behind the proxy
                extensions:
                    - {name: x, extension: {a: 1}}
              name: prod
        # the end
        """;

    [Fact]
    public void Into_nothing()
    {
        string merged = Merge("");
        Assert.Equal("""
            apiVersion: v1
            kind: Config
            current-context: demo
            clusters:
            - name: demo
              cluster:
                server: https://192.0.2.10:6443
                certificate-authority-data: AAAA
            users:
            - name: demo-admin
              user:
                exec:
                  apiVersion: client.authentication.k8s.io/v1beta1
                  command: helper
                  args:
                  - a
                  - "1"
                  unknown:
                    x: 1
            contexts:
            - name: demo
              context:
                cluster: demo
                user: demo-admin

            """, merged);
        Assert.Equal(merged, Merge(merged));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void What_was_there_is_still_there_line_by_line_and_in_order(string newLine)
    {
        string before = Theirs.ReplaceLineEndings(newLine);

        string after = Merge(before);

        string[] kept = [.. after.Split(newLine)];
        int place = -1;
        foreach (string line in before.Split(newLine))
        {
            place = Array.IndexOf(kept, line, place + 1);
            Assert.True(place >= 0, $"'{line}' is gone or out of order in:\n{after}");
        }
        Assert.Equal(newLine == "\r\n", after.Contains('\r', StringComparison.Ordinal));
        Assert.Contains($"            - name: demo{newLine}              cluster:".Replace("            -", "    -", StringComparison.Ordinal).Replace("              c", "      c", StringComparison.Ordinal), after, StringComparison.Ordinal);
        Assert.Equal(after, Merge(after));
    }

    [Theory]
    [InlineData("# only a comment")]
    [InlineData("apiVersion: v1\nkind: Config\nclusters: []\nusers: null\ncontexts:\n")]
    [InlineData("apiVersion: v1\nkind: Config\nclusters: [] # none\nusers: ~ # none\ncontexts: # none\npreferences: {}\n")]
    [InlineData("{\"apiVersion\": \"v1\", \"kind\": \"Config\", \"clusters\": [{\"name\": \"a\", \"cluster\": {\"server\": \"https://a\"}}], \"users\": []}")]
    [InlineData("{apiVersion: v1, kind: Config}")]
    [InlineData("clusters: [{name: a, cluster: {server: https://a}}]\ncontexts: [{name: a, context: {cluster: a, user: a}},]")]
    [InlineData("clusters:\n- name: a\n  cluster:\n    server: https://a")]
    [InlineData("---\n  clusters:\n  - name: a\n    cluster: {server: https://a}\n  preferences: {}\n...\n---\nother: document\n")]
    [InlineData("current-context: \"\"\nclusters:\n- &a\n  name: a\n  cluster: {server: https://a}\n- {name: b, cluster: {server: https://b}} # b\n")]
    [InlineData("users:\n- name: a\n  user:\n    token: >-\n      folded\n      text\n\n\ncontexts: []\n")]
    [InlineData("current-context:\nclusters:\n- name: ключ\n  cluster: {server: https://a} # ünïcödé 🙂\n")]
    public void Into_other_ways_of_writing(string before)
    {
        if (before.Contains("&a", StringComparison.Ordinal))
        {
            // An anchor stands where the entry begins.
            string after = Merge(before);
            Assert.Contains("- &a\n  name: a", after, StringComparison.Ordinal);
        }
        string merged = Merge(before);
        Assert.Equal(merged, Merge(merged));
        foreach (string comment in before.Split('\n').Where(line => line.Contains('#', StringComparison.Ordinal)).Select(line => line[line.IndexOf('#', StringComparison.Ordinal)..]))
            Assert.Contains(comment, merged, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_cluster_is_brought_up_to_date_and_what_was_set_by_hand_stays()
    {
        const string Old = """
            clusters:
            - name: demo # ours
              cluster: {proxy-url: "http://proxy:3128", server: https://192.0.2.10:6443, insecure-skip-tls-verify: true}
            users:
            - name: demo-admin
              user: {token: old}
            contexts:
            - context:
                namespace: shop
                user: demo-admin
                cluster: demo
              name: demo
            - name: other # untouched
              context: {cluster: demo, user: somebody}
            """;

        string after = Merge(Old);

        Assert.Contains("proxy-url: http://proxy:3128", after, StringComparison.Ordinal);
        Assert.Contains("certificate-authority-data: AAAA", after, StringComparison.Ordinal);
        Assert.DoesNotContain("insecure", after, StringComparison.Ordinal);
        Assert.DoesNotContain("old", after, StringComparison.Ordinal);
        Assert.Contains("- context:\n    namespace: shop\n    user: demo-admin\n    cluster: demo\n  name: demo\n- name: other # untouched\n", after.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Equal(after, Merge(after));
    }

    [Theory]
    [InlineData("clusters: [{name: demo, cluster: {server: https://elsewhere}}]", "a cluster 'demo', and it leads to https://elsewhere, not to https://192.0.2.10:6443")]
    [InlineData("users: [{name: demo-admin, user: {token: x}}]", "a user 'demo-admin', and it is another user")]
    [InlineData("users: [{name: demo-admin, user: {token: x}}]\ncontexts: [{name: prod, context: {cluster: prod, user: demo-admin}}]", "is used by context prod")]
    [InlineData("contexts: [{name: demo, context: {cluster: prod, user: x}}]", "a context 'demo', and it leads to cluster 'prod'")]
    public void A_name_that_another_cluster_has_is_a_conflict_until_forced(string before, string explained)
    {
        MeshException conflict = Assert.Throws<MeshException>(() => Merge(before));
        Assert.Equal(("KubeconfigEntryExists", FailureKind.Conflict), (conflict.ErrorId, conflict.Kind));
        Assert.Contains(explained, conflict.Message, StringComparison.Ordinal);
        Assert.Contains("-ContextName", conflict.Remedy, StringComparison.Ordinal);

        Assert.Contains("192.0.2.10", Merge(before, force: true), StringComparison.Ordinal);
        Assert.Contains("name: mine", Merge(before, name: "mine"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_current_context_changes_only_when_told_to()
    {
        const string Before = "current-context: \"prod\" # prod\nclusters: []\n";
        Assert.StartsWith("current-context: \"prod\" # prod\n", Merge(Before), StringComparison.Ordinal);
        Assert.StartsWith("current-context: demo # prod\n", Merge(Before, setCurrent: true), StringComparison.Ordinal);
        Assert.StartsWith("current-context: demo\n", Merge("current-context:\nclusters: []\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clusters: {}", "KubeconfigNotEditable", "its clusters are Object")]
    [InlineData("- a", "KubeconfigNotEditable", "it is no mapping")]
    [InlineData("clusters:\n\t- a", "YamlInvalid", "line")]
    [InlineData("clusters: []\nclusters: []", "YamlInvalid", "clusters")]
    public void What_cannot_be_extended_is_left_alone(string before, string errorId, string explained)
    {
        MeshException failure = Assert.Throws<MeshException>(() => Merge(before));
        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains(explained, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: b", "it has no context")]
    [InlineData("contexts: [{name: x, context: {}}]\ncurrent-context: y", "'y' is not among its contexts")]
    [InlineData("contexts: [{name: x, context: {}}]\nclusters: [{}]", "clusters are missing")]
    public void What_the_server_gave_is_checked_first(string text, string explained)
    {
        MeshException failure = Assert.Throws<MeshException>(() => DownloadedKubeconfig.Read(text, "The kubeconfig of cluster 'demo'", null));
        Assert.Equal("KubeconfigNotKubeconfig", failure.ErrorId);
        Assert.Contains(explained, failure.Message, StringComparison.Ordinal);
    }

    private static string Merge(string text, bool setCurrent = false, bool force = false, string? name = null) =>
        KubeconfigMerge.Merge(text, DownloadedKubeconfig.Read(New, "new", name), "/home/ada/.kube/config", setCurrent, force);
}
