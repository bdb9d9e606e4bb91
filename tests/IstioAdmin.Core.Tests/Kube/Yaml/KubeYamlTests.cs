using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Yaml;

namespace IstioAdmin.Core.Tests.Kube.Yaml;

public sealed class KubeYamlTests
{
    public static TheoryData<string> Texts =>
    [
        "", " ", "~", "null", "true", "Yes", "off", "n", "1", "-1", "1.10", "1.1.14", "0x1f", "017", "0o17", "1e3", ".5", ".inf", "NaN", "1_000", "12:30:45", "2024-01-02", "2024-01-02T03:04:05Z",
        "a: b", "# no", "a #b", "- a", "-", "?", "[x]", "{x}", "*a", "&a", "!t", "%d", "@a", "`a`", "'", "\"", "\\", "a'b\"c", "line\nline", "line\n", "\nline", "  indented\nline", "line\n\n\n",
        "tab\there", "cr\r\nlf", "bell\a", "nel\u0085x", "ls\u2028x", "äöü", "😀", "=", "<<", "---", "...", "$(HOST_IP):8126", "*", "trailing ", " leading", "10m", "2", "v1.28.1", "key: |\n  text\n",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_comes_back_as_that_text(string text)
    {
        var document = new JsonObject { ["value"] = text, ["list"] = new JsonArray(text, new JsonObject { ["inner"] = text }) };
        if (text.Length > 0)
            document[text] = 1;

        JsonObject back = KubeYaml.ParseMapping(KubeYaml.Write(document), "test");

        Assert.True(JsonNode.DeepEquals(document, back), KubeYaml.Write(document));
    }

    [Theory]
    [InlineData("""{"a":null,"b":true,"c":1,"d":1.5,"e":[],"f":{},"g":[[1],[{}]],"h":{"i":{"j":[null]}},"k":-0.001,"l":12345678901234567,"m":1.0}""")]
    public void A_document_comes_back_as_it_was(string json)
    {
        JsonNode document = JsonNode.Parse(json)!;

        JsonObject back = KubeYaml.ParseMapping(KubeYaml.Write(document), "test");

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json.Replace("1.0}", "1}", StringComparison.Ordinal)), JsonNode.Parse(back.ToJsonString())), KubeYaml.Write(document) + back.ToJsonString());
    }

    [Fact]
    public void Words_and_numbers_mean_what_they_mean_to_kubectl()
    {
        JsonObject read = KubeYaml.ParseMapping("a: yes\nb: 'yes'\nc: 010\nd: 0x10\ne: 1.50\nf: ~\ng:\nh: \"1\"\ni: 10m\nj: [a, 1]\nk: &x {y: z}\nl: *x\n", "test");

        Assert.Equal("""{"a":true,"b":"yes","c":8,"d":16,"e":1.5,"f":null,"g":null,"h":"1","i":"10m","j":["a",1],"k":{"y":"z"},"l":{"y":"z"}}""", read.ToJsonString());
    }

    [Theory]
    [InlineData("a: [", "line")]
    [InlineData("a: 1\na: 2", "twice|Duplicate")]
    [InlineData("- a", "no mapping")]
    [InlineData("", "empty")]
    [InlineData("a: 1\n---\nb: 2", "2 documents")]
    public void What_cannot_be_read_says_why(string text, string why)
    {
        MeshException refused = Assert.Throws<MeshException>(() => KubeYaml.ParseMapping(text, "mesh.yaml"));

        Assert.Equal("YamlInvalid", refused.ErrorId);
        Assert.StartsWith("mesh.yaml", refused.Message, StringComparison.Ordinal);
        Assert.Contains(why.Split('|'), part => refused.Message.Contains(part, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Aliases_that_would_fill_the_memory_are_refused()
    {
        string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));

        Assert.Equal("YamlInvalid", Assert.Throws<MeshException>(() => KubeYaml.ParseMapping(bomb, "bomb")).ErrorId);
    }
}
