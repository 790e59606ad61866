using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Topologies;
using Romana.Testing.Vectors;
using YamlDotNet.Core;

namespace Romana.Cloud.Tests.Topologies;

public class YamlJsonTests
{
    public static TheoryData<string> Topologies => VectorFiles.In("topology");

    [Theory]
    [InlineData("a: 1", """{"a":1}""")]
    [InlineData("a: -007", """{"a":-7}""")]
    [InlineData("a: 1.5", """{"a":1.5}""")]
    [InlineData("a: 1:30", """{"a":"1:30"}""")]
    [InlineData("a: 2026-01-01", """{"a":"2026-01-01"}""")]
    [InlineData("a: yes", """{"a":"yes"}""")]
    [InlineData("a: true", """{"a":true}""")]
    [InlineData("a: 'true'", """{"a":"true"}""")]
    [InlineData("a:\nb: ~", """{"a":null,"b":null}""")]
    [InlineData("a: [x, {y: 1}, []]", """{"a":["x",{"y":1},[]]}""")]
    [InlineData("a:\n- b: 1\n  c: {}\n- |\n  two\n  lines\n", """{"a":[{"b":1,"c":{}},"two\nlines\n"]}""")]
    [InlineData("1: x # comment", """{"1":"x"}""")]
    [InlineData("cidr: 10.0.0.0/8", """{"cidr":"10.0.0.0/8"}""")]
    [InlineData("---\nplain\n", "\"plain\"")]
    public void Yaml_becomes_the_same_json(string yaml, string json) => Assert.Equal(json, JsonNode.Parse(YamlJson.Convert(yaml))!.ToJsonString());

    [Theory]
    [InlineData("")]
    [InlineData("a: [1")]
    [InlineData("a: &x 1\nb: *x")]
    [InlineData("a: 1\n---\nb: 2")]
    [InlineData("? [a]\n: 1")]
    [InlineData("a: \"x")]
    [InlineData("a:\n  b: 1\n c: 2")]
    public void What_cannot_be_read_says_where(string yaml) => Assert.NotEmpty(Assert.ThrowsAny<YamlException>(() => YamlJson.Convert(yaml)).Message);

    [Fact]
    public void Deep_yaml_is_refused() => Assert.ThrowsAny<YamlException>(() => YamlJson.Convert(new string('[', 2000)));

    [Theory]
    [MemberData(nameof(Topologies))]
    public void A_document_printed_as_yaml_reads_as_itself(string name)
    {
        var document = VectorFiles.Load("topology", name)["document"];
        using var text = new StringWriter();
        YamlText.Write(text, document);
        Assert.True(JsonNode.DeepEquals(document, JsonNode.Parse(YamlJson.Convert(text.ToString()))), text.ToString());
    }

    [Fact]
    public void Random_text_is_read_or_refused_but_never_another_fault() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["ab:-[]{},'\"# \n&*?|>01"], 0, 30]).Sample(text =>
        {
            try
            {
                using var parsed = JsonDocument.Parse(YamlJson.Convert(text), new JsonDocumentOptions { MaxDepth = 1000 });
            }
            catch (YamlException fault)
            {
                Assert.NotEmpty(fault.Message);
            }
        });
}
