using System.Text;

namespace Romana.Cni.Tests;

/// <summary>What is wrong with a call is said without the agent, by the specification's codes.</summary>
public sealed class WrongCallTests
{
    public static readonly TheoryData<string, string, string, string> Environments = new()
    {
        { "ADD", "CNI_CONTAINERID", "", "CNI_CONTAINERID is missing" },
        { "ADD", "CNI_CONTAINERID", "-x", "CNI_CONTAINERID '-x'" },
        { "ADD", "CNI_CONTAINERID", "../../etc", "CNI_CONTAINERID '../../etc'" },
        { "DEL", "CNI_CONTAINERID", "a/b", "CNI_CONTAINERID 'a/b'" },
        { "ADD", "CNI_IFNAME", "", "CNI_IFNAME is missing" },
        { "ADD", "CNI_IFNAME", "sixteen-letters-", "CNI_IFNAME 'sixteen-letters-'" },
        { "CHECK", "CNI_IFNAME", "..", "CNI_IFNAME '..'" },
        { "ADD", "CNI_IFNAME", "a/b", "CNI_IFNAME 'a/b'" },
        { "ADD", "CNI_IFNAME", "a b", "CNI_IFNAME 'a b'" },
        { "ADD", "CNI_NETNS", "", "CNI_NETNS is missing" },
        { "CHECK", "CNI_NETNS", "", "CNI_NETNS is missing" },
    };

    [Theory]
    [MemberData(nameof(Environments))]
    public async Task A_wrong_variable_is_named(string command, string variable, string value, string said)
    {
        var environment = new Dictionary<string, string>(Run.Usual) { [variable] = value };
        var (code, _, details, _) = (await Run.Async(command, Run.Configuration("/nowhere"), environment)).Error();
        Assert.Equal(4, code);
        Assert.Contains(said, details);
    }

    [Fact]
    public async Task All_wrong_variables_are_named_at_once()
    {
        var (_, _, details, _) = (await Run.Async("ADD", "{}", new Dictionary<string, string>())).Error();
        Assert.Contains("CNI_CONTAINERID", details);
        Assert.Contains("CNI_IFNAME", details);
        Assert.Contains("CNI_NETNS", details);
    }

    [Theory]
    [InlineData("")]
    [InlineData("add")]
    [InlineData("DELETE")]
    public async Task An_unknown_command_is_refused(string command)
    {
        var (code, _, details, _) = (await Run.Async(command, "{}")).Error();
        Assert.Equal(4, code);
        Assert.Contains("CNI_COMMAND", details);
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("{", "line 1")]
    [InlineData("[]", "no object")]
    [InlineData("{\"cniVersion\": \"1.1.0\"} x", "line 1")]
    [InlineData("{\"cniVersion\": 1}", "'cniVersion' is no text")]
    [InlineData("{\"cniVersion\": \"1.1.0\", \"agentSocket\": [1]}", "'agentSocket' is no text")]
    [InlineData("{\"cniVersion\": \"1.1.0\",\n \"a\": tru}", "line 2")]
    public async Task A_configuration_that_is_no_JSON_is_placed(string text, string said)
    {
        var (code, _, details, _) = (await Run.Async("ADD", text)).Error();
        Assert.Equal(6, code);
        Assert.Contains(said, details);
    }

    [Fact]
    public async Task Deep_nesting_and_broken_UTF8_are_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 5000)) + "1" + new string('}', 5000);
        Assert.Equal(6, (await Run.Async("ADD", deep)).Error().Code);
        byte[] broken = [.. "{\"cniVersion\":\""u8, 0xff, 0xfe, .. "\"}"u8];
        Assert.Equal(6, (await Run.Async("ADD", broken)).Error().Code);
    }

    [Fact]
    public async Task More_than_any_configuration_is_refused()
    {
        var huge = new byte[NetworkConfiguration.MostBytes + 1];
        Array.Fill(huge, (byte)' ');
        Assert.Equal(5, (await Run.Async("ADD", huge)).Error().Code);
    }

    [Theory]
    [InlineData("ADD", "0.2.0", "0.2.0 is not one of")]
    [InlineData("ADD", "2.0.0", "2.0.0 is not one of")]
    [InlineData("CHECK", "0.3.1", "CHECK is not part of CNI 0.3.1")]
    [InlineData("GC", "1.0.0", "GC is not part of CNI 1.0.0")]
    [InlineData("STATUS", "1.0.0", "STATUS is not part of CNI 1.0.0")]
    public async Task A_version_without_the_command_is_incompatible(string command, string version, string said)
    {
        var (code, _, details, _) = (await Run.Async(command, Run.Configuration("/nowhere", version))).Error();
        Assert.Equal(1, code);
        Assert.Contains(said, details);
    }

    [Fact]
    public async Task A_configuration_without_a_version_is_incompatible() =>
        Assert.Contains("has no cniVersion", (await Run.Async("ADD", "{\"name\": \"x\"}")).Error().Details);

    [Theory]
    [InlineData("{\"cniVersion\": \"0.4.0\"}", "0.4.0")]
    [InlineData("{\"cniVersion\": \"9.9.9\"}", "1.1.0")]
    [InlineData("{}", "1.1.0")]
    [InlineData("", "1.1.0")]
    public async Task Versions_are_told_without_the_agent(string input, string version)
    {
        var answer = await Run.Async("VERSION", input, new Dictionary<string, string>());
        Assert.Equal(0, answer.ExitCode);
        Assert.Equal($$"""{"cniVersion":"{{version}}","supportedVersions":["0.3.1","0.4.0","1.0.0","1.1.0"]}""" + "\n", answer.Text);
    }

    /// <summary>The same inputs in every run; each answers in JSON, by a known code, and never throws.</summary>
    [Fact]
    public async Task Damaged_input_never_breaks_the_plugin()
    {
        var random = new Random(20261124);
        var whole = Encoding.UTF8.GetBytes("""{"cniVersion":"1.1.0","name":"r","type":"romana-cni","prevResult":{"ips":[{"address":"10.0.0.1/32"}],"x":[[[{}]]]}}""");
        for (var round = 0; round < 3000; round++)
        {
            var text = whole[..random.Next(whole.Length + 1)];
            for (var i = random.Next(4); i > 0 && text.Length > 0; i--) text[random.Next(text.Length)] = (byte)random.Next(256);
            var environment = Run.Usual.ToDictionary(pair => pair.Key, pair => random.Next(3) == 0 ? Noise(random) : pair.Value);

            // VERSION and a command of another version never reach the agent.
            var answer = await Run.Async(random.Next(2) == 0 ? "VERSION" : Noise(random), text, environment);
            if (answer.ExitCode == 0) continue;
            Assert.Contains(answer.Error().Code, new[] { 1, 4, 5, 6 });
        }
    }

    private static string Noise(Random random) => new([.. Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(1, 0x300))]);
}
