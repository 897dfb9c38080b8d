import java.io.FileInputStream;
import java.io.InputStream;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Asks veraPDF: one line for each file and flavour, one more for each rule that is broken. */
class Conformance {
    public static void main(String[] files) throws Exception {
        Logger.getLogger("").setLevel(Level.OFF);
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files) {
            for (String name : new String[] {"3a", "ua1"}) {
                ask(file, PDFAFlavour.fromString(name));
            }
        }
    }

    static void ask(String file, PDFAFlavour flavour) throws Exception {
        try (InputStream in = new FileInputStream(file);
                var parser = Foundries.defaultInstance().createParser(in, flavour);
                var validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult found = validator.validate(parser);
            System.out.printf("%s\t%s\t%s\t%d%n", file, flavour.getId(), found.isCompliant(), found.getTotalAssertions());
            found.getFailedChecks().forEach((rule, times) ->
                System.out.printf("%s\t%s\tbroken\t%s %s x%d%n", file, flavour.getId(), rule.getClause(), rule.getTestNumber(), times));
        }
    }
}
