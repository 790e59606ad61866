using System.Text;
using Romana.Node.Planning;

namespace Romana.Node.Tests.Planning;

/// <summary>What a host's kernel shall hold, whole, as one text for each kind of host (Golden/).</summary>
public sealed class GoldenFabricTests
{
    [Theory]
    [InlineData("vpc")]
    [InlineData("two-uplinks")]
    [InlineData("rack-ecmp")]
    [InlineData("no-egress")]
    public void The_kernel_of_a_host(string name)
    {
        var facts = name switch
        {
            "two-uplinks" => Fabrics.Facts(Fabrics.WithTwoUplinks),
            "rack-ecmp" => Fabrics.Facts(Fabrics.Spread),
            "no-egress" => Fabrics.Facts(Fabrics.Known with { Networks = [.. Fabrics.Known.Networks.Select(network => network with { Snat = false, ImdsDenied = false })] }, Fabrics.Look),
            _ => Fabrics.Facts(Fabrics.Look),
        };
        var text = Shown(KernelState.Of(facts));
        var file = Path.Combine(AppContext.BaseDirectory, "Planning", "Golden", name + ".txt");
        var expected = File.Exists(file) ? File.ReadAllText(file) : "";
        if (text != expected) File.WriteAllText(file + ".actual", text);
        Assert.Equal(expected, text);
    }

    private static string Shown(KernelState state)
    {
        var text = new StringBuilder();
        foreach (var setting in state.Settings) text.Append($"{setting.Name} = {setting.Value}\n");
        text.Append('\n');
        foreach (var rule in state.Rules) text.Append($"{rule}\n");
        text.Append('\n');
        foreach (var route in state.Routes) text.Append($"{route}\n");
        text.Append('\n').Append(state.Nft!.Text());
        foreach (var forward in state.Forward)
        {
            text.Append($"\n# {forward.Family}\n");
            foreach (var line in forward.Lines) text.Append($"{line}\n");
        }

        return text.ToString();
    }
}
