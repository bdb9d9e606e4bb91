using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Tests.Http;

public class HttpQueryTests
{
    [Fact]
    public void Names_and_values_are_decoded_and_may_repeat()
    {
        var query = new HttpQuery("?command=sh&command=-c&command=echo+a%2Bb&labelSelector=app%3Dweb%2Ctier&watch");

        Assert.Equal(["sh", "-c", "echo a+b"], query.All("command"));
        Assert.Equal("app=web,tier", query["labelSelector"]);
        Assert.True(query.Flag("watch"));
        Assert.Null(query["limit"]);
        Assert.False(query.Flag("limit"));
    }
}
