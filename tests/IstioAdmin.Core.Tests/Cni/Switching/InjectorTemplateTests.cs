using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni.Switching;

namespace IstioAdmin.Core.Tests.Cni.Switching;

public sealed class InjectorTemplateTests
{
    [Theory]
    [InlineData("template: |\n  - name: istio-init\n", null, true)]
    [InlineData("template: |\n  containers: []\n", null, false)]
    [InlineData("istio-init", """{"global":{"proxy_init":{"cniEnabled":true}}}""", false)]
    [InlineData("istio-init", """{"global":{"proxy_init":{"cniEnabled":false}}}""", true)]
    [InlineData("istio-init", """{"istio_cni":{"enabled":true,"chained":true}}""", false)]
    [InlineData("istio-init", """{"istio_cni":{"enabled":false},"pilot":{"cni":{"enabled":true}}}""", false)]
    [InlineData("istio-init", """{"pilot":{"cni":{"enabled":false,"provider":"default"}}}""", true)]
    [InlineData("istio-init", "not JSON", true)]
    public void What_a_template_gives_pods_is_read_from_its_text_or_from_the_flag_that_it_asks(string config, string? values, bool init)
    {
        var data = new JsonObject { ["config"] = config };
        if (values is not null)
            data["values"] = values;

        Assert.Equal(init, InjectorTemplate.HasInit(new JsonObject { ["data"] = data }));
    }
}
