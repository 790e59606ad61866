using Romana.Node.Commands;
using Romana.Node.Explaining;

namespace Romana.Node.Tests.Commands;

/// <summary>Commands of `romana-node` without a process: what they answer to bad input, and how they print.</summary>
public sealed class NodeCommandTests
{
    [Theory]
    [InlineData(2, "SRC 'here' is no address", "explain", "here", "10.0.0.1")]
    [InlineData(2, "PORT '70000' is no port", "explain", "10.0.0.1", "10.0.0.2", "70000")]
    [InlineData(2, "Required argument 'DST' missing", "explain", "10.0.0.1")]
    [InlineData(2, "xml", "explain", "10.0.0.1", "10.0.0.2", "-o", "xml")]
    [InlineData(2, "--listen 'everywhere' is no address with a port", "agent", "--listen", "everywhere")]
    [InlineData(2, "--listen '127.0.0.1' is no address with a port", "agent", "--listen", "127.0.0.1")]
    [InlineData(1, "no agent answers on /nowhere/s", "gc", "--socket", "/nowhere/s")]
    public async Task Bad_input_gets_one_message(int code, string message, params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.Equal(code, await NodeProgram.RunAsync(args, new NodeSurroundings(output, error, TimeProvider.System), TestContext.Current.CancellationToken));
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_explanation_prints_as_a_table_as_JSON_and_as_YAML()
    {
        var told = new Explanation(Verdict.Refused, "a \"reason\"") { From = "10.0.0.1", To = "10.0.0.2", Port = 80, Table = 254, Notes = ["one", "two"] };
        Assert.Equal("verdict      Refused\nwhy          a \"reason\"\nfrom         10.0.0.1\nto           10.0.0.2\nport         80\ntable        254\nnote         one\nnote         two\n",
            ExplainCommand.Shown(told, "table"));
        var yaml = ExplainCommand.Shown(told, "yaml").Split('\n');
        Assert.Contains("verdict: \"Refused\"", yaml);
        Assert.Contains("gateway: null", yaml);
        Assert.Contains("- \"two\"", yaml);
        using var json = System.Text.Json.JsonDocument.Parse(ExplainCommand.Shown(told, "json"));
        Assert.Equal(("a \"reason\"", 254), (json.RootElement.GetProperty("why").GetString(), json.RootElement.GetProperty("table").GetInt32()));
    }
}
