<resource schema="gaia">
  <meta name="title">Sources of an invented sky</meta>
  <meta name="creationDate">2024-01-01T00:00:00Z</meta>
  <meta name="description">Rows shaped like gaia_source, for tests. Every value is invented.</meta>
  <meta name="creator.name">garner's tests</meta>
  <meta name="subject">surveys</meta>
  <meta name="type">catalog</meta>

  <table id="source" onDisk="True" adql="True" primary="source_id">
    <meta name="description">Fifty thousand invented sources: the same rows each time</meta>
    <index columns="random_index"/>

    <column name="source_id" type="bigint" ucd="meta.id;meta.main" required="True"
      description="Unique source identifier (unique within a particular Data Release)"/>
    <column name="designation" type="text" ucd="meta.id"
      description="Unique source designation (unique across all Data Releases)"/>
    <column name="random_index" type="bigint" ucd="meta.code"
      description="Random index for use when selecting subsets"/>
    <column name="ra" type="double precision" unit="deg" ucd="pos.eq.ra;meta.main" description="Right ascension"/>
    <column name="dec" type="double precision" unit="deg" ucd="pos.eq.dec;meta.main" description="Declination"/>
    <column name="parallax" type="double precision" unit="mas" ucd="pos.parallax.trig" description="Parallax"/>
    <column name="parallax_error" type="real" unit="mas" ucd="stat.error;pos.parallax.trig"
      description="Standard error of parallax"/>
    <column name="pmra" type="double precision" unit="mas/yr" ucd="pos.pm;pos.eq.ra"
      description="Proper motion in right ascension direction"/>
    <column name="pmdec" type="double precision" unit="mas/yr" ucd="pos.pm;pos.eq.dec"
      description="Proper motion in declination direction"/>
    <column name="astrometric_n_obs_al" type="smallint" ucd="meta.number" required="True"
      description="Total number of observations in the along-scan (AL) direction"/>
    <column name="ruwe" type="real" ucd="stat.error" description="Renormalised unit weight error"/>
    <column name="phot_g_mean_mag" type="real" unit="mag" ucd="phot.mag;em.opt" description="G-band mean magnitude"/>
    <column name="bp_rp" type="real" unit="mag" ucd="phot.color;em.opt.B;em.opt.R" description="BP - RP colour"/>
    <column name="radial_velocity" type="real" unit="km/s" ucd="spect.dopplerVeloc.opt;em.opt.I"
      description="Radial velocity"/>
    <column name="phot_variable_flag" type="text" ucd="meta.code;src.var"
      description="Photometric variability flag"/>
    <column name="has_rvs" type="boolean" ucd="meta.code.status" required="True"
      description="Flag indicating the availability of mean RVS spectrum for this source"/>
  </table>

  <data id="import">
    <sources>data/source.csv</sources>
    <csvGrammar/>
    <make table="source">
      <rowmaker idmaps="*"/>
    </make>
  </data>
</resource>
